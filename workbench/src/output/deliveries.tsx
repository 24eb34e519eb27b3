import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Delivery, DeliveryTry, Task } from '../api.ts';
import { length, moment } from '../format.ts';
import { AlertIcon, CheckIcon, RepeatIcon } from '../icons.tsx';
import { useDelivery, useNow, useScopes } from '../queries.ts';
import { useApi } from '../session.tsx';
import { keys } from '../task-cache.ts';

/** Tries that are shown, the newest ones. */
const shownTries = 5;

/** What became of the webhook that tells of the task's end, where one was asked for. */
export function TaskDelivery({ task }: { readonly task: Task }) {
  const { data: delivery } = useDelivery(task);
  return delivery && <DeliveryLog delivery={delivery} />;
}

function DeliveryLog({ delivery }: { readonly delivery: Delivery }) {
  const { url, status, tries } = delivery;
  const newest = tries.slice(-shownTries).toReversed();
  return (
    <section className="delivery" aria-label="Webhook">
      <div className="delivery-head">
        <p className="delivery-state" data-status={status}>
          {status === 'delivered' && <CheckIcon size={14} />}
          {status === 'failed' && <AlertIcon size={14} />}
          <span>
            Webhook to <code title={url}>{new URL(url).host}</code>: <Standing delivery={delivery} />
          </span>
        </p>
        <Redeliver delivery={delivery} />
      </div>
      {newest.length > 0 && (
        <ol className="delivery-tries">
          {newest.map((tried) => (
            <li key={`${tried.at} ${tried.duration_ms}`}>
              <time>{moment(tried.at)}</time> <span>{wordsOf(tried)}</span>{' '}
              <span className="faint">{tried.duration_ms} ms</span>
            </li>
          ))}
        </ol>
      )}
      {tries.length > newest.length && <p className="faint">{tries.length - newest.length} earlier tries</p>}
    </section>
  );
}

function Standing({ delivery: { status, tries, next_try: next } }: { readonly delivery: Delivery }) {
  const now = useNow(status === 'waiting');
  const count = tries.length === 1 ? '1 try' : `${tries.length} tries`;
  if (status === 'delivered') return 'delivered';
  if (status === 'failed') return `given up after ${count}`;
  if (tries.length === 0) return 'on its way';
  return next !== null && next > now ? `${count}, the next in ${length(next - now)}` : `${count}, the next one now`;
}

function wordsOf({ status, error }: DeliveryTry): string {
  return status === null ? (error ?? 'no answer') : `answered ${status}`;
}

/** Also where it was delivered: a receiver may have lost what it was told. */
function Redeliver({ delivery }: { readonly delivery: Delivery }) {
  const api = useApi();
  const client = useQueryClient();
  const mayAsk = useScopes().includes('create');
  const again = useMutation({
    mutationFn: () => api.redeliver(delivery.id),
    onSuccess: (next) => client.setQueryData(keys.delivery(next.task_id), next),
  });
  if (!mayAsk) return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<RepeatIcon />}
        loading={again.isPending}
        onClick={() => again.mutate()}
      >
        Send again
      </Button>
      {again.error !== null && (
        <p className="field-fault" role="alert">
          <AlertIcon size={14} /> {again.error.message}
        </p>
      )}
    </>
  );
}
