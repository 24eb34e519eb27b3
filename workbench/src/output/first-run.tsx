import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { announce } from '../announcer.tsx';
import type { Api, Model, Task } from '../api.ts';
import { standIn } from '../format.ts';
import { createTask } from '../generate/use-generation.ts';
import { PlayIcon } from '../icons.tsx';
import { go } from '../page-state.ts';
import { useModels } from '../queries.ts';
import { serverUrl } from '../server-url.ts';
import { useApi } from '../session.tsx';
import { putTask } from '../task-cache.ts';

/** Our own picture, served with the page. */
const samplePicture = `${serverUrl}/workbench/sample.jpg`;

const samplePrompt = 'The camera slowly pushes in while mist drifts over the water';

/** What an account sees that has no task yet: the way to its first video. */
export function FirstRun() {
  const api = useApi();
  const client = useQueryClient();
  const { data: models = [] } = useModels();
  const starter = starterOf(models);
  const first = useMutation({
    mutationFn: (model: Model) => makeFirst(api, model),
    onSuccess: (task) => {
      putTask(client, task);
      announce('Accepted: your first video is being made.');
      go({ model: task.request.model, task: task.id, tab: 'output' });
    },
  });
  return (
    <section className="first-run">
      <div className="first-run-picture">
        <img src={samplePicture} alt="What the first video begins with" />
        <span className="first-run-play" aria-hidden="true">
          <PlayIcon size={22} />
        </span>
      </div>
      <h2>Nothing made yet</h2>
      <p>
        Bring this picture to life in one click: it is uploaded and set in motion by <code>{standIn}</code>, the
        renderer that comes with Reelay. It is a stand-in, not a neural model, and free. Or fill in the form and
        generate.
      </p>
      <Button
        size="md"
        disabled={starter === undefined}
        loading={first.isPending}
        onClick={() => starter && first.mutate(starter)}
      >
        Make the first video
      </Button>
      {first.error !== null && (
        <p className="field-fault" role="alert">
          {first.error.message}
        </p>
      )}
    </section>
  );
}

/** A model that makes a video of one picture and a prompt. */
function starterOf(models: readonly Model[]): Model | undefined {
  return models.find(
    ({ operation, providers, schema }) =>
      operation === 'image-to-video' &&
      providers.includes(standIn) &&
      schema.required?.every((name) => ['prompt', 'image'].includes(schema.properties[name]?.['x-parameter'] ?? '')),
  );
}

async function makeFirst(api: Api, model: Model): Promise<Task> {
  const response = await fetch(samplePicture);
  if (!response.ok) throw new Error('The sample picture could not be read.');
  const picture = await response.blob();
  const file = new File([picture], 'sample.jpg', { type: picture.type });
  const { url } = await api.upload(file, () => undefined, AbortSignal.timeout(60_000));
  const values = Object.entries(model.schema.properties).flatMap(([name, { 'x-parameter': meaning }]) => {
    if (meaning === 'prompt') return [[name, samplePrompt] as const];
    return meaning === 'image' ? [[name, url] as const] : [];
  });
  return createTask(api, { model: model.id, values: Object.fromEntries(values), provider: standIn });
}
