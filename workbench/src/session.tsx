import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
import { type Api, createApi } from './api.ts';

/** Gone with the tab: a key is never written where another session could read it. */
const storageKey = 'reelay.key';

interface Session {
  /** Undefined as long as nobody has signed in. */
  readonly api: Api | undefined;
  /** Why the last key is not used any more. */
  readonly refusal: string | undefined;
  readonly signIn: (key: string) => void;
  readonly signOut: (refusal?: string) => void;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [key, setKey] = useState(() => sessionStorage.getItem(storageKey));
  const [refusal, setRefusal] = useState<string>();
  const signIn = useCallback((next: string) => {
    sessionStorage.setItem(storageKey, next);
    setRefusal(undefined);
    setKey(next);
  }, []);
  const signOut = useCallback((why?: string) => {
    sessionStorage.removeItem(storageKey);
    setRefusal(why);
    setKey(null);
  }, []);
  const api = useMemo(
    () =>
      key === null
        ? undefined
        : createApi(key, {
            onRefusedKey: () => signOut('The server no longer accepts this key. Sign in with another.'),
          }),
    [key, signOut],
  );
  const session = useMemo(() => ({ api, refusal, signIn, signOut }), [api, refusal, signIn, signOut]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('there is no session around this component');
  return session;
}

/** For components that are only shown once somebody has signed in. */
export function useApi(): Api {
  const { api } = useSession();
  if (api === undefined) throw new Error('nobody has signed in');
  return api;
}
