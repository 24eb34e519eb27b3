import { randomUUID } from 'node:crypto';
import type { Confinement, RenderQuality } from '@reelay/renderer';
import type { Provider } from '../../contract/index.ts';
import { readDirectives, unknownDirectives } from './directives.ts';
import { promptReader } from './prompt-reading.ts';
import { RenderPool } from './render-pool.ts';
import { honouredOptions, renderJob } from './wire.ts';

export interface LocalSettings {
  readonly quality: RenderQuality;
  /** Jobs rendered at once. */
  readonly concurrency: number;
  /** The ffmpeg program that was found at start; ffprobe is beside it. */
  readonly ffmpegPath: string;
  /** What holds the renderer and its FFmpeg in bounds. Default: nothing. */
  readonly confinement?: Confinement;
  /** Told how long each clip was worked on. */
  readonly onRendered?: (seconds: number) => void;
}

/**
 * Renders every model on this machine, for nothing. Not a neural model: a stand-in with the right size, length and
 * sound. Its jobs live in this process; an operation of another process is lost and is started again.
 */
export function createProvider(settings: LocalSettings): Provider {
  const node = randomUUID();
  const listeners: ((operationKey: string) => void)[] = [];
  const pool = new RenderPool({
    places: settings.concurrency,
    ffmpegPath: settings.ffmpegPath,
    confinement: settings.confinement,
    onRendered: settings.onRendered,
    onNews: (id) => {
      for (const listener of listeners) listener(id);
    },
  });
  return {
    name: 'local',
    free: true,
    standIn: true,
    longestJobMs: 2 * 3_600_000,
    serves: () => true,
    honours: honouredOptions,
    ignores: (_model, { prompt }) => unknownDirectives(prompt),
    readPrompt: promptReader(settings.quality),
    room: () => pool.room(),
    async start(input) {
      const directives = readDirectives(input.request.prompt);
      pool.add(input.attemptId, renderJob(input, directives, settings.quality), directives);
      return { kind: 'accepted', operation: { node, job: input.attemptId }, operationKey: input.attemptId };
    },
    async status(operation) {
      return operation['node'] === node ? pool.status(String(operation['job'])) : { kind: 'lost' };
    },
    async cancel(operation) {
      if (operation['node'] === node) pool.cancel(String(operation['job']));
    },
    onNews(listener) {
      listeners.push(listener);
    },
    async close() {
      pool.close();
    },
  };
}
