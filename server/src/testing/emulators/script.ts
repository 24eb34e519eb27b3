import type { EmulatorOptions, EmulatorRequest } from './emulator.ts';

/**
 * What an emulator does by itself, for people who try an app with it; a test sets an emulator's state by hand instead.
 * Each job is planned when it is submitted: how long it takes, and what goes wrong with it. Ids of planned jobs are
 * random, as a server may remember those of an earlier run.
 */

/** What can go wrong with a job, as people name it, with what it means. */
export const faults = {
  'accept-then-drop': 'takes the job, then breaks the connection without an answer',
  'accept-then-silence': 'takes the job and never answers',
  'accept-then-500': 'takes the job and answers 500',
  'refuse-429': 'refuses the submission as one too many, with Retry-After',
  stuck: 'the job never ends',
  expired: 'the job times out at the provider',
  moderated: 'the job ends as blocked by the content policy',
  'completes-with-error': 'the job ends with an error',
  'slow-file': 'the finished file comes in pieces, over a quarter of a minute',
  'broken-file': 'the connection breaks in the middle of the finished file',
  'wrong-type': 'the finished file is announced as text/html',
  redirect: 'the finished file is behind a redirect to another place of the provider',
  'redirect-inside': 'the finished file is behind a redirect into the own network',
  'result-inside': 'the result names an address in the own network, or a place of somebody else',
} as const;

export type Fault = keyof typeof faults;

export function isFault(name: string): name is Fault {
  return Object.hasOwn(faults, name);
}

export interface Plan {
  readonly fault: Fault | undefined;
  /** When the job ends, in milliseconds since the epoch. */
  readonly endsAt: number;
}

export interface MadeJob {
  readonly id: string;
  /** What the submission can be found again by; undefined where it carries nothing of the kind. */
  readonly mark: string | undefined;
  readonly fault: Fault | undefined;
}

export interface Script {
  /** The plan of the submission that has just arrived. */
  plan(): Plan;
  /** A job was made of a submission, and would be billed. */
  made(request: EmulatorRequest, job: MadeJob): void;
  /** A webhook was sent, and answered with this status; undefined where nobody answered. */
  delivered?(jobId: string, status: number | undefined): void;
}

/** What every emulator takes beside its own. */
export interface RunOptions extends EmulatorOptions {
  /** Without one, every job does what the emulator's state says. */
  readonly script?: Script;
}

/** Pause between the pieces of a slow file where a script asks for it, in milliseconds. */
export const scriptedSlowPauseMs = 2_000;

interface Behaviour<Modes extends { readonly fate: unknown }> {
  /** Of a job that runs. */
  readonly running: Modes['fate'];
  /** Of a job with which all is well. */
  readonly usual: Modes;
  /** What differs with each fault; one that is missing does not exist at the provider. */
  readonly faults: Partial<Readonly<Record<Fault, Partial<Modes>>>>;
}

/** How a planned job behaves at each moment. */
export function modesOf<Modes extends { readonly fate: unknown }>(
  { fault, endsAt }: Plan,
  { running, usual, faults: differences }: Behaviour<Modes>,
): () => Modes {
  const ended = { ...usual, ...(fault !== undefined && differences[fault]) };
  const before = { ...ended, fate: running };
  return () => (Date.now() < endsAt ? before : ended);
}

/** Jobs that are remembered; the oldest are forgotten first. */
const maximumJobs = 10_000;

export function remember<Job>(jobs: Map<string, Job>, key: string, job: Job): void {
  jobs.set(key, job);
  const [oldest] = jobs.keys();
  if (jobs.size > maximumJobs && oldest !== undefined) jobs.delete(oldest);
}
