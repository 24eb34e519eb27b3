/** Attempts that are remembered; the oldest are forgotten first. */
const maximumAttempts = 10_000;

export interface StartedAttempt {
  readonly endpoint: string;
  readonly estimateMicros: number;
  /** Once fal has answered, or was found to have the job. */
  readonly requestId?: string;
}

export interface ToldRequest {
  readonly requestId: string;
  readonly userId: string;
}

/**
 * What this process remembers of attempts: which job each made, so that a delivery of one is not taken for another's,
 * and whose deliveries are believed. A restart forgets it; what an attempt was to make is then read from its task.
 */
export class StartedAttempts {
  readonly #started = new Map<string, StartedAttempt>();
  readonly #told = new Map<string, ToldRequest>();
  #userId: string | undefined;

  constructor(userId: string | undefined) {
    this.#userId = userId;
  }

  begin(attemptId: string, attempt: StartedAttempt): void {
    remember(this.#started, attemptId, attempt);
  }

  accepted(attemptId: string, requestId: string): void {
    const attempt = this.#started.get(attemptId);
    if (attempt !== undefined) this.#started.set(attemptId, { ...attempt, requestId });
  }

  get(attemptId: string): StartedAttempt | undefined {
    return this.#started.get(attemptId);
  }

  /** The address of a delivery is not signed: one attempt's may be sent to another's. */
  ownerOf(requestId: string): string | undefined {
    for (const [attemptId, attempt] of this.#started) if (attempt.requestId === requestId) return attemptId;
    return undefined;
  }

  tell(attemptId: string, request: ToldRequest): void {
    remember(this.#told, attemptId, request);
  }

  told(attemptId: string): ToldRequest | undefined {
    return this.#told.get(attemptId);
  }

  maySpeak(userId: string): boolean {
    return this.#userId === undefined || this.#userId === userId;
  }

  /** Our own key has seen a job that this user's delivery spoke of: nobody else is believed from now on. */
  pin(userId: string): void {
    this.#userId ??= userId;
  }
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maximumAttempts && oldest !== undefined) map.delete(oldest);
}
