/** What servers on one database tell each other. Hints: one that gets lost costs a moment, for what they tell of is in the rows. */
export type News =
  /** Anything may have changed: after a time in which nothing was heard. */
  | { readonly kind: 'anything' }
  | { readonly kind: 'events'; readonly accountId: string }
  /** Tasks wait that somebody may take. */
  | { readonly kind: 'work' }
  /** Whoever works on the task has to look at it again. */
  | { readonly kind: 'task'; readonly taskId: string };

export type NewsListener = (news: News) => void;

const letters = { events: 'e', task: 't', work: 'w' } as const;

/** As a notification carries it. The sender hears itself too, and tells its own by its name. */
export function encodeNews(sender: string, news: Exclude<News, { kind: 'anything' }>): string {
  const subject = news.kind === 'events' ? news.accountId : news.kind === 'task' ? news.taskId : '';
  return `${sender} ${letters[news.kind]} ${subject}`;
}

/** `undefined` for what `self` sent, and for what a later version may send. */
export function decodeNews(self: string, payload: string): News | undefined {
  const [sender, letter, subject = ''] = payload.split(' ');
  if (sender === self) return undefined;
  if (letter === letters.events) return { kind: 'events', accountId: subject };
  if (letter === letters.task) return { kind: 'task', taskId: subject };
  return letter === letters.work ? { kind: 'work' } : undefined;
}
