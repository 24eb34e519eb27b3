import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { announce } from './announcer.tsx';
import type { Api, Task } from './api.ts';
import { type Connection, followEvents, type TaskNews } from './event-stream.ts';
import { useApi } from './session.tsx';
import { changeTask, isLive, keys, knownTask, putTask } from './task-cache.ts';

const ConnectionContext = createContext<Connection>('connecting');

/** Keeps every shown task as the server's events say. */
export function LiveTasks({ children }: { readonly children: ReactNode }) {
  const api = useApi();
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>('connecting');
  useEffect(() => {
    const controller = new AbortController();
    let opened = 0;
    void followEvents({
      key: api.key,
      signal: controller.signal,
      onNews: (news) => void takeNews(news, client, api),
      onConnection: (next) => {
        if (controller.signal.aborted) return;
        setConnection(next);
        // What happened in between may be older than what the stream replays.
        if (next === 'live' && opened++ > 0) void client.invalidateQueries();
      },
    }).then(() => {
      // A stream that ends by itself was refused its key. So is the next call, which leads to the sign-in.
      if (!controller.signal.aborted) void client.invalidateQueries({ queryKey: keys.credits });
    });
    return () => controller.abort();
  }, [api, client]);
  return <ConnectionContext value={connection}>{children}</ConnectionContext>;
}

export function useConnection(): Connection {
  return use(ConnectionContext);
}

async function takeNews({ taskId, status, progress }: TaskNews, client: QueryClient, api: Api): Promise<void> {
  const known = knownTask(client, taskId);
  if (known === undefined) {
    await client.invalidateQueries({ queryKey: keys.lists });
    return;
  }
  if (!isLive(known)) return;
  const next = statusOf(status);
  if (next === undefined || progress === undefined || next !== known.status)
    await readAgain(taskId, known, client, api);
  else changeTask(client, taskId, (task) => ({ ...task, progress: Math.max(task.progress, progress) }));
}

/** The status that our lists show for a stream's word; undefined for the words of an end. */
function statusOf(word: string): Task['status'] | undefined {
  if (word === 'queued') return 'pending';
  return word === 'processing' ? 'processing' : undefined;
}

async function readAgain(id: string, before: Task, client: QueryClient, api: Api): Promise<void> {
  const task = await api.task(id).catch(() => undefined);
  if (task === undefined) return;
  putTask(client, task);
  if (isLive(before) && !isLive(task)) {
    announce(
      task.status === 'completed' ? `A video of ${task.model} is ready.` : `A task of ${task.model} has failed.`,
    );
    await client.invalidateQueries({ queryKey: keys.credits });
  }
}
