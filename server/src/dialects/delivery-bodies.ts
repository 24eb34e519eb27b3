import type { Catalogue } from '../catalogue/catalogue.ts';
import type { JsonObject } from '../contract/index.ts';
import type { Delivery } from '../webhooks/deliveries.ts';
import type { Dialect, StatusDependencies } from './dialect.ts';

/** Shows the task of a delivery as its own API does; undefined where it is gone. */
export function deliveryBodies(
  dialects: readonly Dialect[],
  catalogue: Catalogue,
  dependencies: Omit<StatusDependencies, 'faces'>,
): (delivery: Delivery) => Promise<JsonObject | undefined> {
  const shown = new Map(
    dialects.map((dialect) => [dialect.api, { dialect, faces: catalogue.faces(dialect.api, dialect.names) }]),
  );
  return async ({ accountId, taskId }) => {
    const task = await dependencies.tasks.find(accountId, taskId);
    if (task === undefined) return undefined;
    const api = shown.get(task.api);
    if (api === undefined) throw new Error(`nothing here speaks ${task.api}`);
    return api.dialect.statusBody(task, { ...dependencies, faces: api.faces });
  };
}
