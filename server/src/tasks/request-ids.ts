/** Tasks of a generation; two are remembered: some minutes of a busy server, in two megabytes. */
const generationTasks = 5_000;

/**
 * Which request a task came by, for the log: of those that this server took lately and that have not ended. Forgets a
 * generation at a time: a map that loses its oldest entry again and again has to step over all that it has lost.
 */
export class RequestIds {
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  remember(taskIds: readonly string[], requestId: string): void {
    if (this.#young.size >= generationTasks) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    for (const taskId of taskIds) this.#young.set(taskId, requestId);
  }

  of(taskId: string): string | undefined {
    return this.#young.get(taskId) ?? this.#old.get(taskId);
  }

  forget(taskId: string): void {
    this.#young.delete(taskId);
    this.#old.delete(taskId);
  }
}
