import type { Provider, ProviderFailure, TaskIn, TaskInput } from '../../contract/index.ts';
import { type StepContext, startInput } from './context.ts';

type Prepared = Pick<TaskIn<'submitting'>, 'id' | 'model' | 'request'> & { readonly inputs: readonly TaskInput[] };

/** A provider, or what the first one asked has against the inputs. */
export type Taker = { readonly provider: Provider } | { readonly refusal: ProviderFailure };

/** The first provider that has nothing against the inputs, such as their size; asked before anything is paid. */
export async function firstTaker(
  context: StepContext,
  task: Prepared,
  [first, ...others]: readonly [Provider, ...Provider[]],
): Promise<Taker> {
  const refusal = await refusalOf(context, task, first);
  if (refusal === undefined) return { provider: first };
  for (const provider of others) {
    if ((await refusalOf(context, task, provider)) === undefined) return { provider };
  }
  return { refusal };
}

async function refusalOf(
  context: StepContext,
  task: Prepared,
  provider: Provider,
): Promise<ProviderFailure | undefined> {
  if (provider.checkInputs === undefined) return undefined;
  return provider.checkInputs(await startInput(context, { ...task, provider: provider.name, attemptId: '' }, 0));
}
