import type { FastifyInstance } from 'fastify';
import type { TaskEvent } from '../../contract/index.ts';
import type { DialectDependencies, EventStream } from '../dialect.ts';
import { readingBody } from '../prompt-reading.ts';
import type { CallerOf } from '../require-key.ts';
import { readLastEventId } from './request.ts';
import { linkTo } from './response.ts';
import { oxenStatus } from './status.ts';

/** Ends of generations that a new listener gets from the past, in milliseconds: the published samples listen only after they enqueued. */
const recentMs = 60_000;

/**
 * A comment of 4,096 bytes and more. mawk, Debian's awk, reads a pipe in blocks of that size and would sit on a
 * completion until enough has followed it.
 */
const padding = Buffer.from(`: ${'.'.repeat(4_096)}\n\n`);

/**
 * Pause after a completion before one more comment, in milliseconds. A pipeline whose awk has printed and gone ends when
 * curl writes the next time: this spares it the wait for the keep-alive. Others are spared the comment, which is a third of the
 * CPU of telling 5,000 listeners.
 */
const nudgeMs = 500;
const pipers = /^(?:curl|wget|httpie|xh)\b/i;
const nudge = Buffer.from(':\n\n');

interface Frame {
  /** As bytes: text would be encoded for each listener again. */
  readonly plain: Uint8Array;
  /** The same with what goes behind it, in one piece: each write costs, and there are many listeners. */
  readonly padded: Uint8Array;
  /** Whether Oxen's own clients wait for it. */
  readonly completes: boolean;
}

/**
 * `GET /events`: Oxen's `media_generation_completed`, and between them events of our own name that its clients skip.
 *
 * Invariants:
 * F1. A completion has the bytes that the published awk sample matches: LF, one `data:` line right after its `event:`
 *     line, compact JSON. The `id:` line goes before both.
 * F2. A cancelled generation never completes: only our own event tells of it.
 * F3. A frame is built once per event, however many listen.
 */
export function registerEvents(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const frames = new WeakMap<TaskEvent, Frame>();
  const frameOf = (event: TaskEvent): Frame => {
    const frame = frames.get(event) ?? buildFrame(event, dependencies.links);
    frames.set(event, frame);
    return frame;
  };

  app.get('/events', { exposeHeadRoute: false }, async (request, reply) => {
    const caller = callerOf(request);
    const afterId = readLastEventId(request.headers['last-event-id']);
    const replay = afterId === undefined ? { endedSince: dependencies.now() - recentMs } : { afterId };
    const stream = dependencies.openStream(request, reply, caller);
    const isPiped = pipers.test(request.headers['user-agent'] ?? '');
    const listener = createListener(stream, { frameOf, isPiped });
    try {
      const end = await dependencies.tasks.events.subscribe(caller.accountId, listener.hear, replay);
      listener.caughtUp();
      if (stream.isOpen()) stream.onClose(end);
      else end();
    } catch (error) {
      // The answer is under way already: only its end can tell the client to come again.
      request.log.error({ reqId: request.id, err: error }, 'an event stream could not be filled');
      reply.raw.destroy();
    }
  });
}

/** Writes frames; those of the past share one padding behind the last of them. */
function createListener(
  stream: EventStream,
  { frameOf, isPiped }: { readonly frameOf: (event: TaskEvent) => Frame; readonly isPiped: boolean },
) {
  let replaying = true;
  let owesPadding = false;
  let nudging: NodeJS.Timeout | undefined;

  const complete = (bytes: Uint8Array) => {
    stream.write(bytes);
    if (!isPiped) return;
    clearTimeout(nudging);
    nudging = setTimeout(() => stream.write(nudge), nudgeMs).unref();
  };

  return {
    hear(event: TaskEvent): void {
      if (!stream.isOpen()) return;
      const { plain, padded, completes } = frameOf(event);
      if (completes && !replaying) complete(padded);
      else stream.write(plain);
      if (completes && replaying) owesPadding = true;
    },
    caughtUp(): void {
      replaying = false;
      if (owesPadding && stream.isOpen()) complete(padding);
    },
  };
}

function buildFrame(event: TaskEvent, links: DialectDependencies['links']): Frame {
  const completes = event.state === 'succeeded' || event.state === 'failed';
  const name = completes ? 'media_generation_completed' : 'media_generation_progress';
  const data = completes ? completion(event, links) : progress(event);
  const plain = Buffer.from(`id: ${event.id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  return { plain, padded: Buffer.concat([plain, padding]), completes };
}

/** Exactly the documented fields, in the documented order. */
function completion(event: TaskEvent, links: DialectDependencies['links']) {
  if (event.state === 'failed') {
    return { generation_id: event.taskId, status: 'failed', media_type: 'video', error: event.error?.message ?? '' };
  }
  const [output] = event.outputs ?? [];
  return {
    generation_id: event.taskId,
    status: 'succeeded',
    media_type: 'video',
    model: event.requestedModel,
    url: output === undefined ? null : linkTo(output, links),
  };
}

function progress(event: TaskEvent) {
  const { taskId, reading } = event;
  const metadata = reading && { metadata: readingBody(reading) };
  return { generation_id: taskId, status: oxenStatus(event), progress: event.progress, ...metadata };
}
