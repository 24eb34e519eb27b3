import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { Task, TaskFilter, TaskPage } from './api.ts';

/** Keys of everything that the page remembers of the server. */
export const keys = {
  models: ['models'],
  credits: ['credits'],
  /** Read anew together with the credits. */
  account: ['credits', 'account'],
  oxenModel: (id: string) => ['oxen-model', id],
  lists: ['tasks'],
  list: (filter: TaskFilter) => ['tasks', filter],
  task: (id: string) => ['task', id],
  delivery: (taskId: string) => ['delivery', taskId],
  quote: (submission: object) => ['quote', submission],
} as const;

type Pages = InfiniteData<TaskPage, string | undefined>;

export function isLive({ status }: Pick<Task, 'status'>): boolean {
  return status === 'pending' || status === 'processing';
}

/** What is known of a task, from wherever it was read. */
export function knownTask(client: QueryClient, id: string): Task | undefined {
  const own = client.getQueryData<Task>(keys.task(id));
  if (own !== undefined) return own;
  const lists = client.getQueriesData<Pages>({ queryKey: keys.lists });
  return lists
    .flatMap(([, pages]) => pages?.pages ?? [])
    .flatMap(({ data }) => data)
    .find((task) => task.id === id);
}

/** Changes a task wherever it is shown. */
export function changeTask(client: QueryClient, id: string, change: (task: Task) => Task): void {
  client.setQueryData<Task>(keys.task(id), (task) => task && change(task));
  changeLists(client, (tasks) => tasks.map((task) => (task.id === id ? change(task) : task)));
}

/**
 * Takes in a task as the server tells it. One that no list has yet goes to the head of those that show everything; a list of one
 * status loses a task that has another now.
 */
export function putTask(client: QueryClient, task: Task): void {
  client.setQueryData<Task>(keys.task(task.id), task);
  for (const [key, pages] of client.getQueriesData<Pages>({ queryKey: keys.lists })) {
    if (pages !== undefined) client.setQueryData<Pages>(key, withTask(pages, task, key[1] as TaskFilter));
  }
}

function withTask(pages: Pages, task: Task, filter: TaskFilter): Pages {
  const isKnown = pages.pages.some(({ data }) => data.some(({ id }) => id === task.id));
  if (!isKnown && Object.keys(filter).length > 0) return pages;
  const isListed = filter.status === undefined || filter.status === task.status;
  const put = (data: readonly Task[]) =>
    data.flatMap((known) => (known.id !== task.id ? [known] : isListed ? [task] : []));
  return {
    ...pages,
    pages: pages.pages.map((page, index) => ({
      ...page,
      data: isKnown || index > 0 ? put(page.data) : [task, ...page.data],
    })),
  };
}

export function dropTask(client: QueryClient, id: string): void {
  changeLists(client, (tasks) => tasks.filter((task) => task.id !== id));
  client.removeQueries({ queryKey: keys.task(id) });
}

function changeLists(client: QueryClient, change: (tasks: readonly Task[]) => readonly Task[]): void {
  client.setQueriesData<Pages>(
    { queryKey: keys.lists },
    (pages) => pages && { ...pages, pages: pages.pages.map((page) => ({ ...page, data: change(page.data) })) },
  );
}
