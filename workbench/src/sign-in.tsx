import { Button, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ApiError, createApi } from './api.ts';
import { Wordmark } from './icons.tsx';
import { SchemeSwitch } from './scheme-switch.tsx';
import { useSession } from './session.tsx';

/** Asks for a key, and tries it before it is taken. */
export function SignIn() {
  const { refusal, signIn } = useSession();
  const [key, setKey] = useState('');
  const [fault, setFault] = useState(refusal);
  const [isTrying, setTrying] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const given = key.trim();
    if (given === '') return setFault('Enter a key.');
    setTrying(true);
    const reason = await refusalOf(given);
    setTrying(false);
    if (reason === undefined) signIn(given);
    else setFault(reason);
  };
  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={(event) => void submit(event)} noValidate>
        <Wordmark />
        <h1>Workbench</h1>
        <p>Sign in with an API key of this server. The key stays in this tab and is forgotten when the tab closes.</p>
        <PasswordInput
          label="API key"
          placeholder="sk-…"
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          autoFocus
          value={key}
          error={fault}
          onChange={(event) => {
            setKey(event.currentTarget.value);
            setFault(undefined);
          }}
        />
        <Button type="submit" loading={isTrying} fullWidth>
          Sign in
        </Button>
        <p className="faint">
          The first key was printed when the server first started. <code>reelay keys create</code> makes more.
        </p>
      </form>
      <div className="sign-in-corner">
        <SchemeSwitch />
      </div>
    </main>
  );
}

async function refusalOf(key: string): Promise<string | undefined> {
  // A header takes no other characters; neither does a key of ours.
  if (!/^[\x21-\x7e]+$/.test(key)) return 'A key has letters, digits and signs, without spaces.';
  try {
    await createApi(key, { onRefusedKey: () => undefined }).credits();
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return 'This server does not know that key.';
    return error instanceof Error ? error.message : String(error);
  }
}
