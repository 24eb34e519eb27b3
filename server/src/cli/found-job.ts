import { loadCatalogue } from '../catalogue/catalogue.ts';
import { estimateMicros } from '../catalogue/price.ts';
import type { Config } from '../config.ts';
import type { Provider, ProviderOperation, TaskIn } from '../contract/index.ts';
import { ConfigError } from '../errors.ts';
import { createProviders } from '../providers/registry.ts';
import { CliFailure } from './failure.ts';

/**
 * Reads what an operator found at a task's provider: the id of the job, which the provider makes an operation of, or the
 * operation itself as JSON.
 */
export async function foundJobReader(
  config: Config,
  text: string,
): Promise<(task: TaskIn<'uncertain'>) => ProviderOperation> {
  const given = operationIn(text);
  if (given !== undefined) return () => given;
  const catalogue = await loadCatalogue();
  const providers = configured(config);
  return (task) => {
    const provider = providers.find(({ name }) => name === task.provider);
    if (provider === undefined) {
      throw new CliFailure(`${task.provider}, which task ${task.id} went to, is not configured here.`, {
        advice: 'Call this with the settings of the server.',
      });
    }
    const model = catalogue.model(task.model);
    const { attemptId, request } = task;
    const operation = model && provider.operationOf?.(text.trim(), { attemptId, model, request });
    if (operation === undefined) throw new CliFailure(`"${text}" is not the id of a job at ${task.provider}.`);
    return operation;
  };
}

function configured(config: Config): readonly Provider[] {
  try {
    return createProviders({
      local: { quality: config.localQuality, concurrency: config.renderConcurrency, ffmpegPath: 'ffmpeg' },
      vendors: config.vendors,
      order: [],
      submitTimeoutMs: config.submitTimeoutMs,
      estimateMicros,
      now: Date.now,
      log: () => undefined,
    });
  } catch (error) {
    throw error instanceof ConfigError ? new CliFailure(`${error.message}.`) : error;
  }
}

function operationIn(text: string): ProviderOperation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isOperation = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isOperation && Object.keys(value as object).length > 0 ? (value as ProviderOperation) : undefined;
}
