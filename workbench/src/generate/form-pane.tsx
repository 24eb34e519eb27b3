import { NativeSelect } from '@mantine/core';
import { useId } from 'react';
import type { Model } from '../api.ts';
import { SchemaForm } from '../form/schema-form.tsx';
import { standIn } from '../format.ts';
import { ModelHead } from '../models/model-head.tsx';
import { GenerateBar } from './generate-bar.tsx';
import type { Generation } from './use-generation.ts';

interface PaneProps {
  readonly generation: Generation;
  readonly models: readonly Model[];
}

export function FormPane({ generation, models }: PaneProps) {
  const { model } = generation;
  return (
    <section className="pane pane-form" aria-label="Input">
      <div className="pane-scroll">
        <ModelHead model={model} models={models} />
        <SchemaForm {...generation} onSample={generation.useSample} />
        {model.providers.length > 1 && <ProviderField generation={generation} />}
      </div>
      <GenerateBar generation={generation} />
    </section>
  );
}

function ProviderField({ generation: { model, provider, setProvider } }: { readonly generation: Generation }) {
  const id = useId();
  const named = (name: string) => (name === standIn ? `${name} (stand-in, free)` : name);
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id} className="field-label">
          Run on
        </label>
      </div>
      <NativeSelect
        id={id}
        value={provider ?? ''}
        data={[
          {
            value: '',
            label:
              model.provider === null ? 'the first that serves it' : `${named(model.provider)}, as the server decides`,
          },
          ...model.providers.map((name) => ({ value: name, label: `only ${named(name)}` })),
        ]}
        onChange={(event) => setProvider(event.currentTarget.value || undefined)}
      />
    </div>
  );
}
