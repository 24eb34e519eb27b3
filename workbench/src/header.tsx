import { ActionIcon, Tooltip } from '@mantine/core';
import { usd } from './format.ts';
import { CompareIcon, FilmIcon, HistoryIcon, SignOutIcon, Wordmark } from './icons.tsx';
import { nearestBudget, periodOf } from './limits.tsx';
import { useConnection } from './live-tasks.tsx';
import { linkTo, usePage } from './page-state.ts';
import { useCredits, useLimits } from './queries.ts';
import { SchemeSwitch } from './scheme-switch.tsx';
import { serverUrl } from './server-url.ts';
import { useApi, useSession } from './session.tsx';

const views = [
  { view: 'create', title: 'Create', Icon: FilmIcon },
  { view: 'history', title: 'History', Icon: HistoryIcon },
  { view: 'compare', title: 'Compare', Icon: CompareIcon },
] as const;

export function Header() {
  const { view } = usePage();
  return (
    <header className="header">
      <Wordmark />
      <nav className="header-nav" aria-label="Workbench">
        {views.map(({ view: target, title, Icon }) => (
          <a
            key={target}
            className="header-link"
            {...linkTo({ view: target })}
            aria-current={view === target ? 'page' : undefined}
          >
            <Icon size={16} />
            <span>{title}</span>
          </a>
        ))}
      </nav>
      <div className="header-end">
        <ConnectionSign />
        <Spent />
        <a className="header-docs" href={`${serverUrl}/docs`} target="_blank" rel="noreferrer">
          Docs
        </a>
        <SchemeSwitch />
        <SignOut />
      </div>
    </header>
  );
}

const connectionWords = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' } as const;

function ConnectionSign() {
  const connection = useConnection();
  return (
    <span className="connection" data-connection={connection}>
      {connectionWords[connection]}
    </span>
  );
}

/** A credit is a US cent. */
const centsPerDollar = 100;

function Spent() {
  const { data: credits } = useCredits();
  const { data: limits = [] } = useLimits();
  const budget = nearestBudget(limits);
  if (credits === undefined) return null;
  if (budget !== undefined) {
    return (
      <Tooltip label={`What is left of ${usd(budget.maximum)} ${periodOf(budget)}`}>
        <span className="spent" data-used-up={budget.remaining === 0 || undefined}>
          <span className="spent-word">Left </span>
          {usd(budget.remaining)}
        </span>
      </Tooltip>
    );
  }
  return (
    <Tooltip label="What this account has spent, with what is reserved for tasks under way">
      <span className="spent">
        <span className="spent-word">Spent </span>
        {usd(credits / centsPerDollar)}
      </span>
    </Tooltip>
  );
}

function SignOut() {
  const { key } = useApi();
  const { signOut } = useSession();
  return (
    <Tooltip label={`Sign out (key …${key.slice(-4)})`}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Sign out" onClick={() => signOut()}>
        <SignOutIcon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
