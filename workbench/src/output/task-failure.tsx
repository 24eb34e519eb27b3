import { errors, isErrorCode } from '../../../server/src/errors.ts';
import type { Task } from '../api.ts';
import { AlertIcon, ArrowIcon } from '../icons.tsx';
import { serverUrl } from '../server-url.ts';
import { isCancelled } from './task-words.ts';

/** Why there is no video: the code, what happened, and what to do about it. */
export function TaskFailure({ task }: { readonly task: Task }) {
  const { code, message } = task.error ?? { code: 'generation_failed', message: 'The task failed.' };
  if (isCancelled(task)) {
    return (
      <div className="screen screen-cancelled">
        <p className="screen-number">Cancelled</p>
        <p className="screen-line">{message}</p>
      </div>
    );
  }
  const entry = isErrorCode(code) ? errors[code] : undefined;
  return (
    <section className="screen screen-failed" aria-label="Failure">
      <p className="failure-code">
        <AlertIcon size={18} /> <code>{code}</code>
      </p>
      <p className="failure-message">{message}</p>
      {entry !== undefined && (
        <dl className="failure-facts">
          <div>
            <dt>What to do</dt>
            <dd>{entry.remedy}</dd>
          </div>
          <div>
            <dt>Same request again</dt>
            <dd>{entry.retryable ? 'May work later.' : 'Will fail again as it is.'}</dd>
          </div>
        </dl>
      )}
      <a className="text-link" href={`${serverUrl}/docs/errors.md`} target="_blank" rel="noreferrer">
        About errors, in the documentation <ArrowIcon size={14} />
      </a>
    </section>
  );
}
