import type { EmulatorAnswer, EmulatorRequest } from '../testing/emulators/emulator.ts';
import type { MadeJob, Plan, Script } from '../testing/emulators/script.ts';

/** Marks that are remembered; the oldest are forgotten first. */
const maximumMarks = 100_000;

/** Characters of a mark that are shown. */
const shownMark = 80;

export interface Report extends Script {
  /** One line about a request and its answer. */
  lineOf(request: EmulatorRequest, answer: EmulatorAnswer): string;
  /** Whether two jobs carry the same mark: one attempt was paid twice. */
  paidTwice(): boolean;
  /** What came in all, in sentences. */
  summary(): string;
}

/** Counts what an emulated provider would bill. */
export function createReport(plan: () => Plan, onLine: (line: string) => void): Report {
  const made = new WeakMap<EmulatorRequest, { readonly job: MadeJob; readonly number: number }>();
  const marks = new Map<string, number>();
  const faults = new Map<string, number>();
  let submissions = 0;
  let jobs = 0;
  let unmarked = 0;
  const twice = () => [...marks].filter(([, count]) => count > 1);
  return {
    plan() {
      const planned = plan();
      submissions += 1;
      if (planned.fault !== undefined) faults.set(planned.fault, (faults.get(planned.fault) ?? 0) + 1);
      return planned;
    },
    made(request, job) {
      jobs += 1;
      made.set(request, { job, number: jobs });
      if (job.mark === undefined) {
        unmarked += 1;
        return;
      }
      marks.set(job.mark, (marks.get(job.mark) ?? 0) + 1);
      const [oldest] = marks.keys();
      if (marks.size > maximumMarks && oldest !== undefined) marks.delete(oldest);
    },
    delivered(jobId, status) {
      onLine(`webhook of ${jobId} ${status === undefined ? 'reached nobody' : `answered with ${status}`}`);
    },
    lineOf(request, answer) {
      const { method, path } = request;
      const what = `${method.padEnd(6)} ${path}  ${outcomeOf(answer)}`;
      const found = made.get(request);
      if (found === undefined) return what;
      const { job, number } = found;
      const mark = job.mark === undefined ? 'no mark' : shown(job.mark);
      const again = job.mark !== undefined && (marks.get(job.mark) ?? 0) > 1 ? '  PAID BEFORE' : '';
      return `${what}  PAID ${number}  ${mark}${job.fault === undefined ? '' : `  ${job.fault}`}${again}`;
    },
    paidTwice: () => twice().length > 0,
    summary: () =>
      [
        `${counted(submissions, 'submission')}, ${counted(jobs, 'job')} made and paid.`,
        ...(faults.size === 0
          ? []
          : [`Faults: ${[...faults].map(([fault, count]) => `${fault} ${count}`).join(', ')}.`]),
        ...(unmarked === 0
          ? []
          : [`${counted(unmarked, 'job')} carried no mark, so nobody can tell two of them apart.`]),
        ...(twice().length === 0
          ? ['No mark was paid more than once.']
          : twice().map(([mark, count]) => `PAID ${count} TIMES: ${shown(mark)}`)),
      ].join('\n'),
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function outcomeOf(answer: EmulatorAnswer): string {
  if (answer === 'drop') return 'connection broken';
  return answer === 'silence' ? 'no answer' : String(answer.status);
}

/** A mark is what a client sent: it may hold anything. */
function shown(mark: string): string {
  return mark.replaceAll(/[^\u0020-\u007e]/g, '?').slice(0, shownMark);
}
