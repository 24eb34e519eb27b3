import type { Logger } from 'pino';
import type {
  FindInput,
  Provider,
  ProviderCall,
  ProviderOperation,
  StartInput,
  Telemetry,
  WebhookDelivery,
} from '../contract/index.ts';

/** The provider, with every call that goes out to it told to telemetry and, at the level `debug`, to the log. What it cannot do, this cannot do either. */
export function observed(
  provider: Provider,
  { telemetry, log, now }: { readonly telemetry: Telemetry; readonly log: Logger; readonly now: () => number },
): Provider {
  const { name, find, cancel, webhook } = provider;

  async function told<Outcome>(
    method: ProviderCall['method'],
    call: () => Promise<Outcome>,
    outcomeOf: (outcome: Outcome) => string,
  ): Promise<Outcome> {
    const begun = now();
    const tell = (outcome: string) => {
      const call = { provider: name, method, outcome, seconds: (now() - begun) / 1_000 };
      telemetry.called(call);
      log.debug(call, 'a provider was called');
    };
    try {
      const outcome = await call();
      tell(outcomeOf(outcome));
      return outcome;
    } catch (error) {
      tell('error');
      throw error;
    }
  }

  const kindOf = ({ kind }: { readonly kind: string }): string => kind;
  return {
    ...provider,
    start: (input: StartInput) => told('start', () => provider.start(input), kindOf),
    status: (operation: ProviderOperation) =>
      told(
        'status',
        () => provider.status(operation),
        (outcome) => ('unclear' in outcome && outcome.unclear !== undefined ? outcome.unclear : outcome.kind),
      ),
    ...(find && { find: (input: FindInput) => told('find', () => find(input), kindOf) }),
    ...(cancel && {
      cancel: (operation: ProviderOperation) =>
        told(
          'cancel',
          () => cancel(operation),
          () => 'told',
        ),
    }),
    ...(webhook && { webhook: (delivery: WebhookDelivery) => told('webhook', () => webhook(delivery), kindOf) }),
  };
}
