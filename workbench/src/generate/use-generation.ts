import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { announce } from '../announcer.tsx';
import { type Api, ApiError, type JsonValue, type Model, type Submission, type Task, type Values } from '../api.ts';
import { type Faults, findFaults } from '../form/faults.ts';
import { bodyOf, parametersOf } from '../form/parameters.ts';
import { useUploads } from '../form/use-uploads.ts';
import { sentence, standIn } from '../format.ts';
import { go } from '../page-state.ts';
import { useApi } from '../session.tsx';
import { keys, putTask } from '../task-cache.ts';
import { changeDraft, fitting, useDraft, withValue } from './drafts.ts';

/** How long a form has to rest before its price is asked for, in milliseconds. */
const restMs = 400;

export type Generation = ReturnType<typeof useGeneration>;

/** The form of one model with all that goes on around it: checks, uploads, price, submission. */
export function useGeneration(model: Model) {
  const values = useDraft(model.id);
  const [provider, setProvider] = useState<string>();
  const [hasTried, setTried] = useState(false);
  const parameters = useMemo(() => parametersOf(model, values), [model, values]);
  const body = useMemo(() => bodyOf(model, values), [model, values]);
  const found = useMemo(() => findFaults(parameters, values), [parameters, values]);
  const isComplete = Object.keys({ ...found.wrong, ...found.missing }).length === 0;
  const onStored = useCallback((field: string, url: string) => store(model, field, url), [model]);
  const uploads = useUploads(onStored);
  const submission: Submission = useMemo(
    () => ({ model: model.id, values: body, provider }),
    [model.id, body, provider],
  );
  const quote = useQuote(submission, isComplete);
  const run = useRun();
  const refusal = run.refusal?.body === body ? run.refusal.error : quote.error;
  const onChange = useCallback(
    (name: string, value: JsonValue | undefined) => changeDraft(model.id, (before) => withValue(before, name, value)),
    [model.id],
  );
  return {
    model,
    values,
    body,
    parameters,
    uploads,
    provider,
    setProvider,
    quote: quote.data,
    isQuoting: quote.isFetching,
    refusal: refusal instanceof ApiError ? refusal : undefined,
    faults: { ...serverFaults(refusal), ...found.wrong, ...(hasTried && found.missing) } satisfies Faults,
    isSending: uploads.all.some(({ fault }) => fault === undefined),
    isRunning: run.isRunning,
    onChange,
    useSample: () => changeDraft(model.id, (before) => ({ ...before, ...withoutMedia(model) })),
    clear: () => changeDraft(model.id, () => ({})),
    generate: async (count: number) => {
      setTried(true);
      if (!isComplete) return showFirstFault();
      await run.start(submission, count);
    },
  };
}

/** An upload's link goes into its parameter, or behind the others of its list. */
function store(model: Model, field: string, url: string): void {
  changeDraft(model.id, (before) => {
    const list = before[field];
    const isList = model.schema.properties[field]?.type === 'array';
    return withValue(before, field, isList ? [...(Array.isArray(list) ? list : []), url] : url);
  });
}

/** Example media of the catalogue lead nowhere. */
function withoutMedia(model: Model): Values {
  const media = Object.entries(model.schema.properties).filter(
    ([, { format, items }]) => (format ?? items?.format) === 'uri',
  );
  const names = new Set(media.map(([name]) => name));
  return Object.fromEntries(Object.entries(fitting(model, model.sample)).filter(([name]) => !names.has(name)));
}

/** `reference_image_urls[2]` is told at `reference_image_urls`. */
function serverFaults(error: unknown): Faults {
  const faults = error instanceof ApiError ? error.faults : [];
  return Object.fromEntries(faults.map(({ field, message }) => [field.replace(/\[.*$/, ''), sentence(message)]));
}

/** What is beside a field's title is no place to mend its value. */
const firstControl = ':scope > :not(.field-head) :is(textarea, input:not([type="file"]), button, select)';

function showFirstFault(): void {
  requestAnimationFrame(() => {
    const field = document.querySelector('[data-faulty]');
    field?.scrollIntoView({ block: 'nearest' });
    field?.querySelector<HTMLElement>(firstControl)?.focus();
  });
}

function useQuote(submission: Submission, isComplete: boolean) {
  const api = useApi();
  const [rested] = useDebouncedValue(submission, restMs);
  return useQuery({
    queryKey: keys.quote(rested),
    queryFn: ({ signal }) => api.quote(rested, signal),
    enabled: isComplete && rested === submission,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
    gcTime: 60_000,
  });
}

interface Refusal {
  readonly body: Values;
  readonly error: unknown;
}

/** Submits, once or several times at once. */
function useRun() {
  const api = useApi();
  const client = useQueryClient();
  const [isRunning, setRunning] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const start = useCallback(
    async (submission: Submission, count: number) => {
      setRunning(true);
      setRefusal(undefined);
      const outcomes = await Promise.allSettled(Array.from({ length: count }, () => createTask(api, submission)));
      setRunning(false);
      const tasks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      for (const task of tasks.toReversed()) putTask(client, task);
      const [refused] = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      if (refused !== undefined) setRefusal({ body: submission.values, error: refused });
      const [first] = tasks;
      if (first === undefined) return showFirstFault();
      announce(
        tasks.length === 1 ? 'Accepted: one video is being made.' : `Accepted: ${tasks.length} videos are being made.`,
      );
      go({ view: 'create', task: first.id, tab: 'output' });
      await client.invalidateQueries({ queryKey: keys.credits });
    },
    [api, client],
  );
  return { start, isRunning, refusal };
}

/** Tries of one submission where the server cannot be reached: the key makes them one task. */
const mostTries = 3;

export async function createTask(api: Api, submission: Submission): Promise<Task> {
  const key = crypto.randomUUID();
  for (let tries = 1; ; tries++) {
    try {
      const { id } = await api.create(submission, key);
      return await api.task(id);
    } catch (error) {
      if (tries >= mostTries || !(error instanceof ApiError) || error.code !== 'unreachable') throw error;
    }
  }
}

/** The same request again. What a stand-in made for nothing is not silently made for money. */
export function useAgain() {
  const api = useApi();
  const { start, isRunning, refusal } = useRun();
  const again = useMutation({
    mutationFn: async (id: string) => {
      const { request, provider } = await api.task(id);
      const { model, parameters: values } = request;
      await start({ model, values, provider: provider === standIn ? standIn : undefined }, 1);
    },
  });
  return { isRunning: isRunning || again.isPending, again: again.mutate, refusal: again.error ?? refusal?.error };
}
