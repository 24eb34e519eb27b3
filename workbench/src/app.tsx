import { MantineProvider, Skeleton } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { Announcer } from './announcer.tsx';
import { ApiError } from './api.ts';
import { CompareTray } from './compare/compare-tray.tsx';
import { CreatePage } from './generate/create-page.tsx';
import { Header } from './header.tsx';
import { useKeptFocus } from './keep-focus.ts';
import { LiveTasks, useConnection } from './live-tasks.tsx';
import { usePage } from './page-state.ts';
import { tasksOf, useTasks } from './queries.ts';
import { SessionProvider, useSession } from './session.tsx';
import { SignIn } from './sign-in.tsx';
import { SkipLink } from './skip-link.tsx';
import { isLive } from './task-cache.ts';
import { cssVariablesResolver, theme } from './theme.ts';

const HistoryPage = lazy(() => import('./history/history-page.tsx'));
const ComparePage = lazy(() => import('./compare/compare-page.tsx'));

/** Tries of a question that the server did not answer. An answer, also a refusal, is one. */
const mostTries = 3;

function createClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always',
        retry: (tries, error) => tries < mostTries && error instanceof ApiError && error.code === 'unreachable',
        refetchOnWindowFocus: false,
      },
      mutations: { networkMode: 'always' },
    },
  });
}

/** The nonce that the page's policy allows style elements by. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

export function App() {
  useKeptFocus();
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      <SessionProvider>
        <Gate />
      </SessionProvider>
    </MantineProvider>
  );
}

function Gate() {
  const { api } = useSession();
  // What was read with one key is not shown under another.
  const client = useMemo(() => (api === undefined ? undefined : createClient()), [api]);
  if (client === undefined) return <SignIn />;
  return (
    <QueryClientProvider client={client}>
      <LiveTasks>
        <Workbench />
      </LiveTasks>
    </QueryClientProvider>
  );
}

function Workbench() {
  const { view } = usePage();
  useTitle();
  return (
    <div className="page">
      <SkipLink />
      <Header />
      <Outage />
      <Suspense fallback={<PageSkeleton />}>
        {view === 'history' && <HistoryPage />}
        {view === 'compare' && <ComparePage />}
        {view === 'create' && <CreatePage />}
      </Suspense>
      <CompareTray />
      <Announcer />
    </div>
  );
}

function Outage() {
  const connection = useConnection();
  if (connection !== 'lost') return null;
  return (
    <p className="outage" role="status">
      The server does not answer. Trying again; tasks under way go on without this page.
    </p>
  );
}

const everything = {};

/** The tab tells how far the newest running task is. */
function useTitle(): void {
  const live = tasksOf(useTasks(everything)).find(isLive);
  const progress = live === undefined ? undefined : `${live.progress} %`;
  useEffect(() => {
    document.title = progress === undefined ? 'Reelay workbench' : `${progress} · Reelay workbench`;
  }, [progress]);
}

function PageSkeleton() {
  return (
    <main className="history" aria-hidden="true">
      <Skeleton height={28} width={160} />
    </main>
  );
}
