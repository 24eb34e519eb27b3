import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Account, Model, Task, TaskFilter } from './api.ts';
import { useConnection } from './live-tasks.tsx';
import { useApi } from './session.tsx';
import { isLive, keys, knownTask } from './task-cache.ts';

/** How often a task is looked at that events do not tell enough about, in milliseconds. */
const lookMs = 3_000;

/** Tasks of one page of a list. */
export const pageSize = 24;

export function useModels() {
  const api = useApi();
  return useQuery({ queryKey: keys.models, queryFn: api.models, staleTime: 60_000 });
}

export function useModel(id: string): Model | undefined {
  return useModels().data?.find((model) => model.id === id);
}

export function useCredits() {
  const api = useApi();
  return useQuery({ queryKey: keys.credits, queryFn: api.credits, staleTime: 10_000 });
}

/** How often limits are looked at where there are any, in milliseconds: other users of the account take from them too. */
const limitsLookMs = 30_000;

function useAccount<Part>(select: (account: Account) => Part) {
  const api = useApi();
  return useQuery({
    queryKey: keys.account,
    queryFn: api.account,
    select,
    staleTime: 10_000,
    refetchInterval: ({ state: { data } }) => (data !== undefined && data.limits.length > 0 ? limitsLookMs : false),
  });
}

export function useLimits() {
  return useAccount(({ limits }) => limits);
}

/** What the key may do; nothing until that is known. */
export function useScopes(): readonly string[] {
  return useAccount(({ scopes }) => scopes).data ?? [];
}

/** There is nothing to deliver before the task has ended. */
export function useDelivery(task: Task) {
  const api = useApi();
  return useQuery({
    queryKey: keys.delivery(task.id),
    queryFn: () => api.delivery(task.id),
    enabled: !isLive(task),
    refetchInterval: ({ state: { data } }) => (data?.status === 'waiting' ? lookMs : false),
  });
}

export function useTask(id: string) {
  const api = useApi();
  const client = useQueryClient();
  const connection = useConnection();
  return useQuery({
    queryKey: keys.task(id),
    queryFn: () => api.task(id),
    enabled: id !== '',
    placeholderData: () => knownTask(client, id),
    // The place in the queue changes with other people's tasks, of which no event tells.
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && isLive(data) && (data.status === 'pending' || connection !== 'live') ? lookMs : false,
  });
}

export function useTasks(filter: TaskFilter) {
  const api = useApi();
  const connection = useConnection();
  return useInfiniteQuery({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam }) => api.tasks(filter, { limit: pageSize, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      connection !== 'live' && data?.pages.some((page) => page.data.some(isLive)) ? lookMs : false,
  });
}

export function tasksOf({ data }: Pick<ReturnType<typeof useTasks>, 'data'>): readonly Task[] {
  return data?.pages.flatMap((page) => page.data) ?? [];
}

/** The time in Unix seconds; it moves as long as somebody needs it. */
export function useNow(runs: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1_000);
  useEffect(() => {
    if (!runs) return undefined;
    setNow(Date.now() / 1_000);
    const timer = window.setInterval(() => setNow(Date.now() / 1_000), 1_000);
    return () => window.clearInterval(timer);
  }, [runs]);
  return now;
}
