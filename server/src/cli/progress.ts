import { duration, styled } from './output.ts';

/** Cells of the bar. */
const barCells = 28;

/** How often the elapsed time is drawn anew, in milliseconds. */
const redrawMs = 500;

/** Where lines are printed instead of a bar, a new one comes after this much progress. */
const lineStep = 25;

export interface Progress {
  /** `percent` from 0 to 100; `note` is a word about what is going on. */
  update(percent: number, note: string): void;
  /** Leaves one line behind. */
  done(summary: string): void;
  /** Leaves the line as it stands. */
  stop(): void;
}

/**
 * A bar on a terminal, plain lines elsewhere; on standard error, so that it never mixes with data. Our own, because the
 * prompt library's spinner takes Ctrl-C away from the process and ends it before anything is cleaned up.
 */
export function showProgress(label: string, now: () => number = Date.now): Progress {
  const startedAt = now();
  const elapsed = () => duration(now() - startedAt);
  return process.stderr.isTTY ? bar(label, elapsed) : lines(label, elapsed);
}

function bar(label: string, elapsed: () => string): Progress {
  const stream = process.stderr;
  let percent = 0;
  let note = '';
  const draw = () => {
    const cells = Math.round((percent / 100) * barCells);
    const filled = styled('green', '━'.repeat(cells), stream);
    const rest = styled('dim', '─'.repeat(barCells - cells), stream);
    const facts = ` ${String(Math.floor(percent)).padStart(3)} %  ${elapsed().padEnd(6)}  `;
    const room = Math.max(0, (stream.columns ?? 80) - label.length - barCells - facts.length - 5);
    stream.write(`\r\u001b[2K  ${label}  ${filled}${rest}${facts}${styled('dim', note.slice(0, room), stream)}`);
  };
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  draw();
  return {
    update(nextPercent, nextNote) {
      percent = nextPercent;
      note = nextNote;
      draw();
    },
    done(summary) {
      clearInterval(timer);
      stream.write(`\r\u001b[2K  ${label}  ${summary}  ${styled('dim', elapsed(), stream)}\n`);
    },
    stop() {
      clearInterval(timer);
      stream.write('\n');
    },
  };
}

function lines(label: string, elapsed: () => string): Progress {
  const stream = process.stderr;
  let told = -lineStep;
  return {
    update(percent, note) {
      if (percent < told + lineStep || percent >= 100) return;
      told = percent;
      stream.write(`  ${label}  ${String(Math.floor(percent)).padStart(3)} %  ${elapsed()}  ${note}\n`);
    },
    done(summary) {
      stream.write(`  ${label}  ${summary}  ${elapsed()}\n`);
    },
    stop() {
      // Nothing is left half drawn.
    },
  };
}
