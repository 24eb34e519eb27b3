import type { SubmitOutcome } from '../contract/index.ts';

/** Failures in a row after which a provider is left alone for a while. */
const failuresToOpen = 5;

/** How long it is left alone, in milliseconds; then one failure more is enough. */
const openMs = 30_000;

interface Circuit {
  failures: number;
  openUntil: number;
}

/** Remembers which providers fail one submission after the other, so that waiting tasks do not burn their tries there. */
export class CircuitBreaker {
  readonly #now: () => number;
  readonly #circuits = new Map<string, Circuit>();

  constructor(now: () => number) {
    this.#now = now;
  }

  note(provider: string, outcome: SubmitOutcome): void {
    const circuit = this.#circuits.get(provider) ?? { failures: 0, openUntil: 0 };
    this.#circuits.set(provider, circuit);
    // A refusal of the request itself says that the provider works.
    const works = outcome.kind === 'accepted' || outcome.kind === 'refused-final';
    circuit.failures = works ? 0 : circuit.failures + 1;
    if (circuit.failures >= failuresToOpen) circuit.openUntil = this.#now() + openMs;
  }

  isOpen(provider: string): boolean {
    const leftMs = (this.#circuits.get(provider)?.openUntil ?? 0) - this.#now();
    // More than that is left where the clock was set back.
    return leftMs > 0 && leftMs <= openMs;
  }
}
