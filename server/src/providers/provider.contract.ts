import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Provider, StartInput } from '../contract/index.ts';
import { isErrorCode } from '../errors.ts';

/**
 * What every provider that talks to an upstream over HTTP promises the loop of tasks. The upstream is an emulator on
 * the loopback; a harness says how it is told to behave.
 */

/** How the upstream answers a submission. */
export type Submission =
  | 'accepted'
  /** Accepted, then the socket breaks before the answer. */
  | 'dropped'
  /** Accepted, and no answer comes. */
  | 'silent'
  /** 500, and nobody can say whether it was accepted. */
  | 'error'
  /** 429 with `Retry-After: 7`. */
  | 'limited'
  /** The key is refused. */
  | 'forbidden'
  /** The parameters are refused. */
  | 'invalid';

/** How the upstream answers a look at a job. */
export type Look =
  | 'running'
  | 'done'
  | 'failed'
  | 'gone'
  /** 503. */
  | 'error'
  /** 429 with `Retry-After: 45`. */
  | 'limited'
  | 'garbage'
  | 'dropped';

export interface Upstream {
  readonly provider: Provider;
  /** Another one on the same upstream, as after a restart. */
  restarted(): Provider;
  /** One on an address where nobody listens. */
  unreachable(): Provider;
  /** A request that the provider takes. */
  input(over?: Partial<StartInput>): StartInput;
  /** Submissions that arrived. */
  submissions(): number;
  answerSubmissions(how: Submission): void;
  answerLooks(how: Look): void;
  /** What every finished file holds. */
  readonly video: Buffer;
  /** Texts of the upstream that no client may see: the key, ids, addresses, messages. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Milliseconds: what a pause between two looks may be at most. */
const maximumPauseMs = 10 * 60_000;

/** Looks after which a job that the upstream does not know is lost. */
const maximumLooks = 5;

export function describeProvider(name: string, create: () => Promise<Upstream>): void {
  const begin = async (): Promise<Upstream> => {
    const upstream = await create();
    onTestFinished(() => upstream.close());
    return upstream;
  };
  describe(`the contract of ${name}`, () => {
    describe('a submission', () => testSubmissions(begin));
    describe('a job', () => testJobs(begin));
    describe('a result', () => testResults(begin));
    describe('an optional ability', () => testAbilities(begin));
  });
}

type Begin = () => Promise<Upstream>;

async function accepted(upstream: Upstream, input = upstream.input()) {
  const outcome = await upstream.provider.start(input);
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome;
}

function testSubmissions(begin: Begin): void {
  it('that is accepted answers an operation that survives its way through the database', async () => {
    const upstream = await begin();
    const first = await accepted(upstream);
    const second = await accepted(upstream, upstream.input({ attemptId: 'attempt-2' }));
    expect(JSON.parse(JSON.stringify(first.operation))).toEqual(first.operation);
    expect(first.operationKey).not.toBe('');
    expect(first.operationKey).not.toBe(second.operationKey);
    // An operator who attaches an operation by hand gives no key: it is the first text in it.
    expect(Object.values(first.operation).find((value) => typeof value === 'string')).toBe(first.operationKey);
    expect(upstream.submissions()).toBe(2);
  });

  it.each(['dropped', 'silent'] as const)('attack: duplicate: that was %s is unknown and sent once', async (how) => {
    const upstream = await begin();
    upstream.answerSubmissions(how);
    expect(await upstream.provider.start(upstream.input())).toMatchObject({ kind: 'unknown' });
    expect(upstream.submissions()).toBe(1);
  });

  it('attack: duplicate: that met an error is sent once; where it costs money it is unknown', async () => {
    const upstream = await begin();
    upstream.answerSubmissions('error');
    const { kind } = await upstream.provider.start(upstream.input());
    expect(kind).toBe(upstream.provider.free ? 'refused-elsewhere' : 'unknown');
    expect(upstream.submissions()).toBe(1);
  });

  it('attack: late: is not sent past its deadline', async () => {
    const upstream = await begin();
    const outcome = await upstream.provider.start(upstream.input({ deadline: 0 }));
    expect(outcome).toMatchObject({ kind: 'refused-elsewhere', failure: { code: 'provider_unavailable' } });
    expect(upstream.submissions()).toBe(0);
  });

  it('that meets no listener was not sent', async () => {
    const upstream = await begin();
    const provider = upstream.unreachable();
    onTestFinished(() => provider.close?.());
    expect(await provider.start(upstream.input())).toMatchObject({
      kind: 'refused-elsewhere',
      failure: { code: 'provider_unavailable' },
    });
    expect(upstream.submissions()).toBe(0);
  });

  it('that comes too often says when to come again', async () => {
    const upstream = await begin();
    upstream.answerSubmissions('limited');
    expect(await upstream.provider.start(upstream.input())).toMatchObject({
      kind: 'refused-elsewhere',
      retryAfterMs: 7_000,
    });
    expect(upstream.submissions()).toBe(1);
  });

  it.each([
    ['forbidden', 'refused-elsewhere', 'provider_unavailable'],
    ['invalid', 'refused-final', 'invalid_parameters'],
  ] as const)('that is %s is %s', async (how, kind, code) => {
    const upstream = await begin();
    upstream.answerSubmissions(how);
    expect(await upstream.provider.start(upstream.input())).toMatchObject({ kind, failure: { code } });
    expect(upstream.submissions()).toBe(1);
  });

  it.each(['limited', 'forbidden', 'invalid', 'error', 'dropped'] as const)(
    'attack: leak: that is %s tells nothing of the upstream',
    async (how) => {
      const upstream = await begin();
      upstream.answerSubmissions(how);
      const outcome = await upstream.provider.start(upstream.input());
      const told = outcome.kind === 'unknown' ? '' : JSON.stringify(outcome);
      for (const secret of upstream.secrets) expect(told).not.toContain(secret);
      // The detail of an unknown outcome is for the operator; the key is for nobody.
      expect(JSON.stringify(outcome)).not.toContain(upstream.secrets[0]);
    },
  );
}

function testJobs(begin: Begin): void {
  it('runs, also in the eyes of another process', async () => {
    const upstream = await begin();
    const { operation } = await accepted(upstream);
    const provider = upstream.restarted();
    onTestFinished(() => provider.close?.());
    for (const one of [upstream.provider, provider]) {
      const outcome = await one.status(operation);
      expect(['queued', 'running']).toContain(outcome.kind);
    }
  });

  it.each(['error', 'garbage', 'dropped'] as const)(
    'goes on while looks at it meet %s, later and later',
    async (how) => {
      const upstream = await begin();
      const { operation } = await accepted(upstream);
      upstream.answerLooks(how);
      const pauses: number[] = [];
      for (let look = 0; look < 12; look += 1) {
        const outcome = await upstream.provider.status(operation);
        if (outcome.kind !== 'running' && outcome.kind !== 'queued') throw new Error(`ended as ${outcome.kind}`);
        pauses.push(outcome.checkAfterMs);
      }
      expect(pauses.every((pause) => pause > 0 && pause <= maximumPauseMs)).toBe(true);
      expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? 0);
      upstream.answerLooks('done');
      expect(await upstream.provider.status(operation)).toMatchObject({ kind: 'done' });
    },
  );

  it('is left alone for as long as the upstream asks', async () => {
    const upstream = await begin();
    const { operation } = await accepted(upstream);
    upstream.answerLooks('limited');
    expect(await upstream.provider.status(operation)).toMatchObject({ checkAfterMs: 45_000, unclear: 'limited' });
    upstream.answerLooks('running');
    expect(await upstream.provider.status(operation)).not.toHaveProperty('unclear');
  });

  it('is lost when the upstream says so steadily', async () => {
    const upstream = await begin();
    const { operation } = await accepted(upstream);
    upstream.answerLooks('gone');
    const kinds: string[] = [];
    while (kinds.length < maximumLooks && kinds.at(-1) !== 'lost')
      kinds.push((await upstream.provider.status(operation)).kind);
    expect(kinds.at(-1)).toBe('lost');
  });

  it('that failed says so in our words', async () => {
    const upstream = await begin();
    const { operation } = await accepted(upstream);
    upstream.answerLooks('failed');
    const outcome = await upstream.provider.status(operation);
    if (outcome.kind !== 'failed') throw new Error(`ended as ${outcome.kind}`);
    expect(isErrorCode(outcome.failure.code)).toBe(true);
    for (const secret of upstream.secrets) expect(JSON.stringify(outcome)).not.toContain(secret);
    expect(outcome.costMicros).toBeGreaterThanOrEqual(0);
  });

  it('takes a place while it runs and gives it back', async () => {
    const upstream = await begin();
    const before = upstream.provider.room();
    const { operation } = await accepted(upstream);
    expect(upstream.provider.room()).toBe(before - 1);
    upstream.answerLooks('done');
    await upstream.provider.status(operation);
    expect(upstream.provider.room()).toBe(before);
  });
}

function testResults(begin: Begin): void {
  it('is read whole, also by another process', async () => {
    const upstream = await begin();
    const { operation } = await accepted(upstream);
    upstream.answerLooks('done');
    const outcome = await upstream.provider.status(operation);
    if (outcome.kind !== 'done') throw new Error(`ended as ${outcome.kind}`);
    expect(upstream.provider.free ? outcome.costMicros === 0 : outcome.costMicros > 0).toBe(true);
    const provider = upstream.restarted();
    onTestFinished(() => provider.close?.());
    const [output] = outcome.outputs;
    if (output === undefined || !('url' in output)) throw new Error('no address to read');
    const stream = await provider.download?.(output.url, AbortSignal.timeout(10_000));
    expect(stream && (await buffer(stream)).equals(upstream.video)).toBe(true);
  });

  it.each([
    'http://127.0.0.1:1/result.mp4',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/result.mp4',
    'https://result.example/video.mp4',
    'https://user:word@result.example/video.mp4',
    'file:///etc/passwd',
    'ftp://result.example/video.mp4',
    'not an address',
    '',
  ])('attack: inside: is not read at %s', async (url) => {
    const upstream = await begin();
    const reading = upstream.provider.download?.(url, AbortSignal.timeout(10_000));
    await expect(reading).rejects.toMatchObject({ code: 'result_refused' });
    expect(upstream.submissions()).toBe(0);
  });
}

function testAbilities(begin: Begin): void {
  it('find, where there is one, waits for the job that nobody knew of and never submits', async ({ skip }) => {
    const upstream = await begin();
    if (upstream.provider.find === undefined) {
      skip('costs nothing, so a lost submission is simply made again');
      return;
    }
    upstream.answerSubmissions('dropped');
    await upstream.provider.start(upstream.input());
    const sought = (over?: Partial<StartInput>) => ({ ...upstream.input(over), createdAt: Date.now() });
    const kinds = [(await upstream.provider.find(sought())).kind];
    upstream.answerLooks('done');
    kinds.push((await upstream.provider.find(sought())).kind);
    const stranger = await upstream.provider.find(sought({ attemptId: 'attempt-of-nobody' }));
    expect(kinds[0]).toMatch(/not-yet|operation/);
    expect(kinds[1]).toMatch(/outputs|operation/);
    expect(stranger).toEqual({ kind: 'not-yet' });
    expect(upstream.submissions()).toBe(1);
  });

  it('cancel, where there is one, tells the upstream, and does no harm twice', async ({ skip }) => {
    const upstream = await begin();
    if (upstream.provider.cancel === undefined) {
      skip('the upstream has no cancel');
      return;
    }
    const { operation } = await accepted(upstream);
    await upstream.provider.cancel(operation);
    await upstream.provider.cancel(operation);
  });

  it('an estimate is whole micro-dollars, and there is one where it costs money', async ({ skip }) => {
    const upstream = await begin();
    if (upstream.provider.estimateMicros === undefined) {
      skip("the model's own price is used");
      return;
    }
    const { model, request } = upstream.input();
    const estimate = upstream.provider.estimateMicros(model, request);
    expect(Number.isInteger(estimate)).toBe(true);
    expect(upstream.provider.free ? estimate === 0 : estimate > 0).toBe(true);
  });
}
