/** Tasks remembered: some minutes of a busy server, in two megabytes. */
const maximumTasks = 10_000;

/** Which request a task came by, for the log: of those that this server took lately and that have not ended. */
export class RequestIds {
  readonly #byTask = new Map<string, string>();

  remember(taskIds: readonly string[], requestId: string): void {
    for (const taskId of taskIds) this.#byTask.set(taskId, requestId);
    for (const taskId of this.#byTask.keys()) {
      if (this.#byTask.size <= maximumTasks) return;
      this.#byTask.delete(taskId);
    }
  }

  of(taskId: string): string | undefined {
    return this.#byTask.get(taskId);
  }

  forget(taskId: string): void {
    this.#byTask.delete(taskId);
  }
}
