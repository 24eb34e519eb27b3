import { Button, UnstyledButton } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useState } from 'react';
import { Choices } from '../choices.tsx';
import { standIn, usd } from '../format.ts';
import { AlertIcon } from '../icons.tsx';
import { LimitsLeft } from '../limits.tsx';
import type { Generation } from './use-generation.ts';

const isApple = /mac|iphone|ipad/i.test(navigator.platform);

const counts = ['1', '2', '3', '4'] as const;

/** What it will cost, how many, and the button. */
export function GenerateBar({ generation }: { readonly generation: Generation }) {
  const [count, setCount] = useState<(typeof counts)[number]>('1');
  const { isRunning, isSending, values, clear, generate, refusal, quote } = generation;
  const run = () => {
    if (!isRunning && !isSending) void generate(Number(count));
  };
  useHotkeys([['mod+Enter', run]], []);
  return (
    <div className="bar">
      {refusal !== undefined && <Refusal message={refusal.message} isField={refusal.faults.length > 0} />}
      {quote?.warnings.map((warning) => (
        <p key={warning} className="note" data-level="changed">
          <AlertIcon size={14} /> {warning}
        </p>
      ))}
      {refusal === undefined && <LimitsLeft count={Number(count)} price={quote?.estimated_cost_usd} />}
      <div className="bar-line">
        <Estimate generation={generation} count={Number(count)} />
        {Object.keys(values).length > 0 && (
          <UnstyledButton className="text-button" onClick={clear}>
            Clear
          </UnstyledButton>
        )}
      </div>
      <div className="bar-line">
        <div className="counts">
          <Choices label="How many videos" values={counts} chosen={count} onChoose={setCount} />
        </div>
        <Button
          className="generate"
          size="sm"
          loading={isRunning}
          disabled={isSending}
          onClick={run}
          aria-keyshortcuts="Control+Enter Meta+Enter"
          rightSection={
            <span className="shortcut" aria-hidden="true">
              {isApple ? '⌘' : 'Ctrl'} ↵
            </span>
          }
        >
          {isSending ? 'Sending files …' : count === '1' ? 'Generate' : `Generate ${count}`}
        </Button>
      </div>
    </div>
  );
}

/** Faults of fields are told at the fields. */
function Refusal({ message, isField }: { readonly message: string; readonly isField: boolean }) {
  return (
    <p className="field-fault" role="alert">
      <AlertIcon size={14} /> {isField ? 'Some values need a change.' : message}
    </p>
  );
}

function Estimate({
  generation: { quote, isQuoting },
  count,
}: {
  readonly generation: Generation;
  readonly count: number;
}) {
  if (quote === undefined)
    return (
      <p className="estimate faint">
        {isQuoting ? 'Asking for the price …' : 'The price shows once the form is complete.'}
      </p>
    );
  const { estimated_cost_usd: each, provider } = quote;
  const total = each === 0 ? 'Free' : `About ${usd(each * count)}`;
  return (
    <p className="estimate" data-stale={isQuoting || undefined} aria-live="polite">
      <strong>{total}</strong>
      {count > 1 && each > 0 && <span className="faint"> {`${count} × ${usd(each)}`}</span>}
      <span className="faint">{provider === standIn ? ` on ${provider}, a stand-in` : ` on ${provider}`}</span>
    </p>
  );
}
