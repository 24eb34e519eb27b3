import type { JsonObject, Model, ProviderFailure, StartInput } from '../../contract/index.ts';
import type { Bucket } from './bucket.ts';

/**
 * The body of `predictLongRunning`. Source:
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/extend-videos.md.txt
 */

/** What an extension adds; the API takes no other length. */
const extensionSeconds = 7;

/** Containers that Veo reads, with the types they are announced under. */
const containers: Readonly<Record<string, string>> = { mp4: 'video/mp4', mov: 'video/mov' };

/** Google's model that runs one of ours; undefined where none does. Only extensions are built so far. */
export function googleModelOf(model: Model): string | undefined {
  const id = model.offers?.['vertex']?.model;
  return model.operation === 'extend' && id !== undefined && /^[a-z0-9.-]+$/.test(id) ? id : undefined;
}

export function checkContainer({ inputs }: Pick<StartInput, 'inputs'>): ProviderFailure | undefined {
  const odd = inputs.find(({ role, probe }) => role === 'video' && !Object.hasOwn(containers, probe.container));
  if (odd === undefined) return undefined;
  return { code: 'input_container', message: `The model takes MP4 and MOV, not ${odd.probe.container}.` };
}

/** The name of the source in the attempt's folder. */
export function sourceNameOf({ inputs }: Pick<StartInput, 'inputs'>): string {
  return `input.${inputs[0]?.probe.container ?? 'mp4'}`;
}

export function bodyOf(input: StartInput, bucket: Bucket): JsonObject {
  const { attemptId, request } = input;
  const container = input.inputs[0]?.probe.container ?? 'mp4';
  const folder = bucket.uri(attemptId, '');
  return {
    instances: [
      {
        prompt: request.prompt,
        video: { gcsUri: bucket.uri(attemptId, sourceNameOf(input)), mimeType: containers[container] ?? 'video/mp4' },
      },
    ],
    parameters: {
      sampleCount: 1,
      // Without it the film comes inside an answer; with it the attempt can be found again.
      storageUri: folder,
      durationSeconds: extensionSeconds,
      resolution: request.resolution === undefined || request.resolution === 'auto' ? '720p' : request.resolution,
      ...(request.aspectRatio !== undefined && request.aspectRatio !== 'auto' && { aspectRatio: request.aspectRatio }),
      ...(request.audio !== undefined && { generateAudio: request.audio }),
      ...(request.seed !== undefined && { seed: request.seed }),
      ...(request.negativePrompt !== undefined && { negativePrompt: request.negativePrompt }),
    },
    // For whoever reads the bill.
    labels: {
      'reelay-attempt': attemptId
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, '-')
        .slice(0, 63),
    },
  };
}
