import { useQuery } from '@tanstack/react-query';
import {
  type SnippetDepth,
  type SnippetLanguage,
  type SnippetMode,
  type SnippetModel,
  snippet,
  snippetChoices,
} from '../../../server/src/docs/snippets/snippet.ts';
import type { JsonObject, Schema } from '../api.ts';
import { Choices } from '../choices.tsx';
import type { Generation } from '../generate/use-generation.ts';
import { ArrowIcon } from '../icons.tsx';
import { serverUrl } from '../server-url.ts';
import { useApi } from '../session.tsx';
import { createStore, useStore } from '../store.ts';
import { keys } from '../task-cache.ts';
import { CodeBlock } from './code-block.tsx';
import { renamed } from './renamed.ts';

const apis = { foxapi: 'FoxAPI', oxen: 'Oxen' } as const;
type ApiName = keyof typeof apis;

interface Choice {
  readonly api: ApiName;
  readonly mode: SnippetMode;
  readonly depth: SnippetDepth;
  readonly language: SnippetLanguage;
}

/** Kept while the page is open: who reads Python reads Python. */
const choice = createStore<Choice>({ api: 'foxapi', mode: 'Sync', depth: 'Your values', language: 'cURL' });

/** Programs that do what the form does. */
export default function ApiTab({ generation }: { readonly generation: Generation }) {
  const { api } = useStore(choice);
  const model = useSnippetModel(api, generation);
  return (
    <section className="code" aria-label="Code">
      <Choices
        label="API"
        values={Object.keys(apis) as ApiName[]}
        names={apis}
        chosen={api}
        onChoose={(next) => choice.set((before) => ({ ...before, api: next }))}
      />
      {model !== undefined && <Program api={api} model={model} />}
    </section>
  );
}

function Program({ api, model }: { readonly api: ApiName; readonly model: SnippetModel }) {
  const wish = useStore(choice);
  const { modes, depths, languages } = snippetChoices(api, model);
  const mode = fitting(modes, wish.mode, modes[0]);
  const depth = fitting(depths, wish.depth, depths.at(-1));
  const choose = (patch: Partial<Choice>) => choice.set((before) => ({ ...before, ...patch }));
  const { text, language } = snippet({ ...model, api, mode, depth, language: wish.language, baseUrl: serverUrl });
  return (
    <>
      <div className="code-choices">
        {modes.length > 1 && (
          <Choices label="Mode" values={modes} chosen={mode} onChoose={(next) => choose({ mode: next })} />
        )}
        {depths.length > 1 && (
          <Choices label="Parameters" values={depths} chosen={depth} onChoose={(next) => choose({ depth: next })} />
        )}
        <Choices
          label="Language"
          values={languages}
          chosen={wish.language}
          onChoose={(next) => choose({ language: next })}
        />
      </div>
      <CodeBlock code={text} language={language} label={`${wish.language}, ${mode}, ${depth}`} />
      <p className="code-note">
        Programs read the key from the environment: <code>export REELAY_API_KEY=sk-…</code>{' '}
        {mode === 'Webhook' && <WebhookNote />}
        <a className="text-link" href={`${serverUrl}/docs`} target="_blank" rel="noreferrer">
          API reference <ArrowIcon size={14} />
        </a>
      </p>
    </>
  );
}

function WebhookNote() {
  return (
    <>
      and the secret that <code>GET /v1/webhooks/secret</code> tells: <code>export REELAY_WEBHOOK_SECRET=whsec_…</code>{' '}
      <a className="text-link" href={`${serverUrl}/docs/guides/webhooks.md`} target="_blank" rel="noreferrer">
        Guide to webhooks <ArrowIcon size={14} />
      </a>{' '}
    </>
  );
}

/** The wish where there is such a thing, else the shortest program, or the parameters that are nearest to the form. */
function fitting<Value>(values: readonly Value[], wish: Value, other: Value | undefined): Value {
  return values.includes(wish) ? wish : (other ?? wish);
}

/** The model as the API shows it, with the form's values in that API's names. */
function useSnippetModel(apiName: ApiName, { model, values, body }: Generation): SnippetModel | undefined {
  const api = useApi();
  const { data: oxen } = useQuery({
    queryKey: keys.oxenModel(model.id),
    queryFn: () => api.oxenModel(model.id),
    enabled: apiName === 'oxen',
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isTouched = Object.keys(values).length > 0;
  if (apiName === 'foxapi')
    return { modelId: model.id, schema: asJson(model.schema), ...(isTouched && { values: body }) };
  if (oxen === undefined) return undefined;
  const { id, request_schema: schema } = oxen;
  return { modelId: id, schema: asJson(schema), ...(isTouched && { values: renamed(body, model.schema, schema) }) };
}

/** It came as JSON; the interface only names what the page reads of it. */
function asJson(schema: Schema): JsonObject {
  return schema as unknown as JsonObject;
}
