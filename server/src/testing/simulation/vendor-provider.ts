import { Readable } from 'node:stream';
import type {
  FindInput,
  FindOutcome,
  Provider,
  ProviderOutput,
  StartInput,
  StatusOutcome,
  SubmitOutcome,
  WebhookOutcome,
} from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import type { Delay, Machine } from './machine.ts';
import { MadeTrouble } from './memory-database.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { type Job, longestJobMs, submitTimeoutMs, type Vendor } from './vendor.ts';

/** A request on its way, one whose sender may freeze before its bytes leave, and a short question. */
const sendDelay: Delay = { probability: 0.6, longestMs: 10_000 };
const answerDelay: Delay = { probability: 0.6, longestMs: submitTimeoutMs };
const askDelay: Delay = { probability: 0.5, longestMs: 5_000 };

/** What a forged delivery says. */
export const forgedBody = Buffer.from('forged');

export interface ProviderSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  /** Counts what a schedule has come across. */
  readonly meet: (what: string) => void;
  /** From now on everything is well. */
  readonly isKind: () => boolean;
  /** Whether the sender looks at its deadline: a canary does not. */
  readonly looksAtDeadline: boolean;
  readonly onStart: (machine: Machine, input: StartInput) => void;
  /** The process has the vendor's answer in its hands. */
  readonly onAnswer: (machine: Machine, job: Job) => void;
  /** Which job the bytes of a download are from. */
  readonly bytes: WeakMap<Readable, string>;
}

type Mood = 'accepts' | 'accepts-unheard' | 'swallows' | 'unreachable' | 'refuses' | 'declines' | 'throws';

const moods: readonly { readonly weight: number; readonly mood: Mood }[] = [
  { weight: 56, mood: 'accepts' },
  { weight: 14, mood: 'accepts-unheard' },
  { weight: 6, mood: 'swallows' },
  { weight: 5, mood: 'unreachable' },
  { weight: 5, mood: 'refuses' },
  { weight: 11, mood: 'declines' },
  { weight: 3, mood: 'throws' },
];

const unavailable = { code: 'provider_unavailable', message: 'nothing was taken' };

/** A vendor as one process reaches it. Every call passes a seam of the process on its way out and on its way back. */
export function vendorProvider(vendor: Vendor, machine: Machine, surroundings: ProviderSurroundings): Provider {
  const { traits } = vendor;
  const call = new VendorCall(vendor, machine, surroundings);
  return {
    name: traits.name,
    free: traits.free,
    standIn: false,
    longestJobMs,
    serves: () => true,
    honours: () => [],
    room: () => vendor.room(),
    start: (input) => call.start(input),
    status: ({ id }) => call.status(String(id)),
    ...(traits.finds !== 'nothing' && { find: (input: FindInput) => call.find(input) }),
    ...(traits.cancels && { cancel: ({ id }: { readonly id?: unknown }) => call.cancel(String(id)) }),
    ...(traits.sendsWebhooks && { webhook: ({ body }: { readonly body: Uint8Array }) => call.webhook(body) }),
    download: (url) => call.download(url),
    onNews: (listener) =>
      vendor.listen((key) => {
        if (!machine.dead && !machine.isFrozen) listener(key);
      }),
  };
}

class VendorCall {
  readonly #vendor: Vendor;
  readonly #machine: Machine;
  readonly #surroundings: ProviderSurroundings;

  constructor(vendor: Vendor, machine: Machine, surroundings: ProviderSurroundings) {
    this.#vendor = vendor;
    this.#machine = machine;
    this.#surroundings = surroundings;
  }

  async start(input: StartInput): Promise<SubmitOutcome> {
    const { onStart, onAnswer } = this.#surroundings;
    onStart(this.#machine, input);
    this.#mayFreeze();
    const outcome = await this.#machine.seam(`sending ${input.attemptId}`, sendDelay, () => this.#send(input));
    this.#mayFreeze();
    return this.#machine.seam(`answer to ${input.attemptId}`, answerDelay, () => {
      this.#vendor.underWay.delete(input.attemptId);
      const job = this.#vendor.jobs.get(`job-${input.attemptId}`);
      if (outcome.kind === 'accepted' && job !== undefined) onAnswer(this.#machine, job);
      return outcome;
    });
  }

  /** Where it matters most: before the bytes of a submission leave, and while its answer is on the way. */
  #mayFreeze(): void {
    const { random, isKind } = this.#surroundings;
    if (!isKind() && random.chance(0.04)) this.#machine.armFrost(1, random.spread(submitTimeoutMs / 4, 40 * 60_000));
  }

  /** The connection stands: the sender looks at its deadline, and the bytes leave. */
  #send(input: StartInput): SubmitOutcome {
    const { timeline, random, meet, isKind, looksAtDeadline } = this.#surroundings;
    const isLate = timeline.now >= input.deadline;
    if (isLate) meet('woke past the deadline');
    if (isLate && looksAtDeadline) return { kind: 'refused-elsewhere', failure: unavailable };
    this.#vendor.sent.push(input.attemptId);
    this.#vendor.underWay.add(input.attemptId);
    if (isLate) this.#vendor.late.push(input.attemptId);
    const mood = isKind() ? 'accepts' : random.weighted(moods).mood;
    meet(`vendor ${mood}`);
    switch (mood) {
      case 'accepts':
        return { kind: 'accepted', ...operationOf(this.#vendor.take(input, 0)) };
      case 'accepts-unheard':
        this.#vendor.take(input, random.chance(0.5) ? 0 : random.spread(1, submitTimeoutMs));
        return { kind: 'unknown', detail: 'the connection broke' };
      case 'swallows':
        return { kind: 'unknown', detail: 'the connection broke' };
      case 'unreachable':
        return { kind: 'refused-elsewhere', failure: unavailable };
      case 'refuses':
        return { kind: 'refused-final', failure: { code: 'content_policy_violation', message: 'no' } };
      case 'declines':
        return this.#declined();
      case 'throws':
        throw new MadeTrouble('a defect of the provider');
      default:
        return mood satisfies never;
    }
  }

  #declined(): SubmitOutcome {
    const { random } = this.#surroundings;
    if (random.chance(0.2)) {
      return { kind: 'refused-elsewhere', failure: { code: 'input_too_large', message: 'too large' } };
    }
    const retryAfterMs = random.spread(1_000, 120_000);
    return { kind: 'refused-elsewhere', failure: unavailable, ...(random.chance(0.5) && { retryAfterMs }) };
  }

  async status(key: string): Promise<StatusOutcome> {
    return this.#ask(`status of ${key}`, () => this.#statusOf(key));
  }

  #statusOf(key: string): StatusOutcome {
    const { random, timeline } = this.#surroundings;
    const job = this.#vendor.known(key);
    if (job === undefined) return { kind: 'lost' };
    if (this.#vendor.isFinished(job)) return endOf(this.#vendor, job);
    const checkAfterMs = job.end === 'stuck' ? 5 * 60_000 : random.spread(200, 30_000);
    if (timeline.now < job.visibleAt + 2_000) return { kind: 'queued', checkAfterMs };
    return { kind: 'running', checkAfterMs, ...(random.chance(0.7) && { progress: random.between(0, 110) }) };
  }

  async find({ attemptId }: FindInput): Promise<FindOutcome> {
    return this.#ask(`search for ${attemptId}`, () => {
      const { random, isKind } = this.#surroundings;
      const job = this.#vendor.known(`job-${attemptId}`);
      if (job === undefined || (!isKind() && random.chance(0.3))) return { kind: 'not-yet' };
      if (this.#vendor.traits.finds === 'jobs') return { kind: 'operation', ...operationOf(job) };
      if (!this.#vendor.isFinished(job)) return { kind: 'not-yet' };
      const end = endOf(this.#vendor, job);
      return end.kind === 'done' ? { ...end, kind: 'outputs' } : end;
    });
  }

  async cancel(key: string): Promise<void> {
    await this.#ask(`cancelling ${key}`, () => {
      if (this.#surroundings.random.chance(0.7)) this.#vendor.stop(key);
    });
  }

  async webhook(body: Uint8Array): Promise<WebhookOutcome> {
    return this.#ask('checking a webhook', (): WebhookOutcome => {
      const job = this.#vendor.known(Buffer.from(body).toString());
      if (job === undefined)
        return { kind: 'refused', cause: 'signature', reason: 'the signature is not the vendor’s' };
      return this.#surroundings.random.chance(0.8) ? { kind: 'news', ...operationOf(job) } : { kind: 'news' };
    });
  }

  async download(url: string): Promise<Readable> {
    return this.#ask(`download of ${url}`, () => {
      const { random, isKind, bytes } = this.#surroundings;
      if (!isKind() && random.chance(0.15)) throw new ReelayError('provider_unavailable', 'no bytes came');
      if (!isKind() && random.chance(0.03)) throw new ReelayError('result_refused', 'the address is not the vendor’s');
      const stream = Readable.from([]);
      bytes.set(stream, url);
      return stream;
    });
  }

  /** A question that costs nothing. */
  async #ask<Answer>(place: string, answer: () => Answer): Promise<Answer> {
    const { random, isKind } = this.#surroundings;
    const answered = await this.#machine.seam(place, askDelay, () => {
      if (!isKind() && random.chance(0.05)) throw new MadeTrouble('the network is down');
      return answer();
    });
    return this.#machine.seam(`answer to ${place}`, askDelay, () => answered);
  }
}

function operationOf(job: Job): { readonly operation: { readonly id: string }; readonly operationKey: string } {
  return { operation: { id: job.key }, operationKey: job.key };
}

function endOf(vendor: Vendor, { key, end, costMicros }: Job): Extract<StatusOutcome, { kind: 'done' | 'failed' }> {
  const output: ProviderOutput = vendor.traits.free ? { path: key } : { url: key };
  if (end === 'done') return { kind: 'done', outputs: [output], costMicros };
  const code = end === 'moderated' ? 'content_policy_violation' : 'generation_failed';
  return { kind: 'failed', failure: { code, message: 'it came to nothing' }, costMicros };
}
