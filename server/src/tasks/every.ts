/** Calls `work` again and again, every `ms` milliseconds; answers what ends that. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}
