import type { FileTotals } from '../contract/index.ts';
import type { Database } from '../database/open.ts';
import { fileTotals } from '../media/asset-rows.ts';
import type { MediaStorage } from '../media/storage.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import type { Metrics } from './metrics.ts';

/** Counting files again for every reader of the metrics would cost more than it tells. */
const totalsLifetimeMs = 60_000;

/** What is looked up for the metrics, and where. */
interface Places {
  readonly database: Database;
  readonly storage: MediaStorage;
  readonly tasks: Tasks;
  readonly webhooks: { readonly deliveries: Deliveries };
}

/** What `/metrics` answers: what was counted, with what is looked up for it. */
export function metricsSource(
  { contentType, isRead, telemetry: { answered }, read }: Metrics,
  { database, storage, tasks, webhooks }: Places,
) {
  let counted: Promise<readonly FileTotals[]> | undefined;
  const totals = () => {
    const forget = () => {
      counted = undefined;
    };
    if (counted === undefined) setTimeout(forget, totalsLifetimeMs).unref();
    counted ??= fileTotals(database.db);
    return counted;
  };
  const { sizeBytes: databaseBytes } = database;
  const { freeBytes } = storage;
  const deliveries = () => webhooks.deliveries.waiting();
  return {
    ...{ contentType, isRead, answered },
    read: (open: { readonly openStreams: number }) =>
      read({ ...open, providers: tasks.conditions(), files: totals, databaseBytes, freeBytes, deliveries }),
  };
}
