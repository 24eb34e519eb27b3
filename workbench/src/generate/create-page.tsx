import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Model } from '../api.ts';
import { Dialog } from '../dialog.tsx';
import { operations } from '../format.ts';
import { ModelList } from '../models/model-list.tsx';
import { OutputPane, PaneTabs } from '../output/output-pane.tsx';
import { RecentSkeleton } from '../output/recent.tsx';
import { usePage } from '../page-state.ts';
import { useModels } from '../queries.ts';
import { FormPane } from './form-pane.tsx';
import { useGeneration } from './use-generation.ts';

/** Models, form and output next to each other; on a narrow page one at a time. */
export function CreatePage() {
  const { data: models, error, refetch } = useModels();
  const { model: id, tab } = usePage();
  const model = models?.find((one) => one.id === id) ?? (id === '' ? firstOf(models) : undefined);
  return (
    <main className="create" data-tab={tab}>
      <h1 className="visually-hidden">{model === undefined ? 'Workbench' : `Workbench: ${model.display_name}`}</h1>
      <aside className="sidebar">
        <h2 className="visually-hidden">Models</h2>
        <ModelList models={models} chosen={model} />
      </aside>
      <PaneTabs />
      {error !== null && models === undefined && (
        <div className="nothing">
          <p>{error.message}</p>
          <Button variant="default" size="xs" onClick={() => void refetch()}>
            Try again
          </Button>
        </div>
      )}
      {models !== undefined && model === undefined && <NoModel id={id} models={models} />}
      {model !== undefined && models !== undefined && <ModelPanes key={model.id} model={model} models={models} />}
      {models === undefined && error === null && <PanesSkeleton />}
    </main>
  );
}

/** The simplest thing that somebody can run: words in, video out, with the fewest parameters. */
function firstOf(models: readonly Model[] = []): Model | undefined {
  const size = ({ schema }: Model) => Object.keys(schema.properties).length;
  const ranked = models.toSorted(
    (a, b) => operations.indexOf(a.operation) - operations.indexOf(b.operation) || size(a) - size(b),
  );
  return ranked.find(({ provider }) => provider !== null) ?? ranked[0];
}

function ModelPanes({ model, models }: { readonly model: Model; readonly models: readonly Model[] }) {
  const generation = useGeneration(model);
  return (
    <>
      <FormPane generation={generation} models={models} />
      <OutputPane generation={generation} />
    </>
  );
}

function NoModel({ id, models }: { readonly id: string; readonly models: readonly Model[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="nothing">
      <p>
        There is no model <code>{id}</code> here.
      </p>
      <Button size="xs" variant="default" onClick={() => setOpen(true)}>
        Choose a model
      </Button>
      {isOpen && (
        <Dialog title="Models" place="side" onClose={() => setOpen(false)}>
          <ModelList models={models} chosen={undefined} onChosen={() => setOpen(false)} />
        </Dialog>
      )}
    </div>
  );
}

function PanesSkeleton() {
  return (
    <>
      <section className="pane pane-form" aria-hidden="true" />
      <section className="pane pane-output" aria-hidden="true">
        <RecentSkeleton />
      </section>
    </>
  );
}
