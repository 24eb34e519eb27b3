import { ActionIcon, Button, CopyButton, Menu, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Api, Model, Task } from '../api.ts';
import { togglePick, usePicks } from '../compare/picks.ts';
import { Dialog } from '../dialog.tsx';
import { operationNames } from '../format.ts';
import { changeDraft, fitting, videoParameterOf } from '../generate/drafts.ts';
import { useAgain } from '../generate/use-generation.ts';
import {
  AlertIcon,
  ArrowIcon,
  CheckIcon,
  CompareIcon,
  DownloadIcon,
  EditIcon,
  LinkIcon,
  RepeatIcon,
  TrashIcon,
} from '../icons.tsx';
import { go } from '../page-state.ts';
import { useModels } from '../queries.ts';
import { useApi } from '../session.tsx';
import { dropTask, isLive } from '../task-cache.ts';
import { modelName, promptOf } from './task-words.ts';

const quiet = { size: 'xs', variant: 'default' } as const;

/** What can be done with a task, the likeliest first. */
export function TaskActions({ task }: { readonly task: Task }) {
  const api = useApi();
  const { data: models = [] } = useModels();
  const { again, isRunning, refusal } = useAgain();
  const [isDeleting, setDeleting] = useState(false);
  const model = models.find(({ id }) => id === task.request.model);
  const edit = useMutation({ mutationFn: (of: Model) => editParameters(api, of, task.id) });
  const fault = refusal ?? edit.error;
  const url = task.results?.[0]?.url;
  return (
    <div className="actions">
      {url !== undefined && <ResultActions task={task} url={url} models={models} />}
      <Button {...quiet} leftSection={<RepeatIcon />} loading={isRunning} onClick={() => again(task.id)}>
        Re-run
      </Button>
      {model !== undefined && (
        <Button {...quiet} leftSection={<EditIcon />} onClick={() => edit.mutate(model)}>
          Edit parameters
        </Button>
      )}
      {!isLive(task) && (
        <Tooltip label="Delete">
          <ActionIcon size={30} variant="default" aria-label="Delete" onClick={() => setDeleting(true)}>
            <TrashIcon />
          </ActionIcon>
        </Tooltip>
      )}
      {fault instanceof Error && (
        <p className="field-fault" role="alert">
          <AlertIcon size={14} /> {fault.message}
        </p>
      )}
      {isDeleting && <DeleteDialog task={task} onClose={() => setDeleting(false)} />}
    </div>
  );
}

async function editParameters(api: Api, model: Model, id: string): Promise<void> {
  const { request } = await api.task(id);
  changeDraft(model.id, () => fitting(model, request.parameters));
  go({ view: 'create', model: model.id, task: id, tab: 'input' });
}

interface ResultProps {
  readonly task: Task;
  readonly url: string;
  readonly models: readonly Model[];
}

function ResultActions({ task, url, models }: ResultProps) {
  const isPicked = usePicks().includes(task.id);
  return (
    <>
      <Button {...quiet} component="a" href={downloadLink(url)} download leftSection={<DownloadIcon />}>
        Download
      </Button>
      <CopyButton value={url}>
        {({ copied, copy }) => (
          <Button {...quiet} leftSection={copied ? <CheckIcon /> : <LinkIcon />} onClick={copy}>
            {copied ? 'Copied' : 'Copy link'}
          </Button>
        )}
      </CopyButton>
      <NextInput url={url} models={models} />
      <Button
        {...quiet}
        leftSection={isPicked ? <CheckIcon /> : <CompareIcon />}
        aria-pressed={isPicked}
        onClick={() => togglePick(task.id)}
      >
        {isPicked ? 'Picked' : 'Compare'}
      </Button>
    </>
  );
}

/**
 * Asks the server to send the file as a download also where it is another origin's. A link to an object store stays as it
 * is: its signature covers the whole address.
 */
function downloadLink(url: string): string {
  const link = new URL(url, location.href);
  if (link.searchParams.has('X-Amz-Signature')) return link.href;
  link.searchParams.set('download', '');
  return link.href;
}

/** Puts a result into the form of a model that takes a video. */
function NextInput({ url, models }: { readonly url: string; readonly models: readonly Model[] }) {
  const takers = models.flatMap((model) => {
    const parameter = videoParameterOf(model);
    return parameter === undefined ? [] : [{ model, parameter }];
  });
  if (takers.length === 0) return null;
  return (
    <Menu position="bottom-start" width={280} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button {...quiet} leftSection={<ArrowIcon />}>
          Use as input
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {takers.map(({ model, parameter }) => (
          <Menu.Item
            key={model.id}
            onClick={() => {
              changeDraft(model.id, (values) => ({ ...values, [parameter]: url }));
              go({ view: 'create', model: model.id, tab: 'input' });
            }}
          >
            {model.display_name}
            <span className="menu-note">{operationNames[model.operation]}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Deleting cannot be undone, so it is asked. */
export function DeleteDialog({ task, onClose }: { readonly task: Task; readonly onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const { data: models } = useModels();
  const remove = useMutation({
    mutationFn: () => api.remove(task.id),
    onSuccess: () => {
      dropTask(client, task.id);
      onClose();
      go({ task: '' }, { replace: true });
    },
  });
  return (
    <Dialog title="Delete this task?" onClose={onClose}>
      <p className="dialog-text">
        {modelName(task, models)}: “{promptOf(task).slice(0, 160)}”. Its video is deleted with it and cannot be brought
        back.
      </p>
      {remove.error !== null && (
        <p className="field-fault" role="alert">
          {remove.error.message}
        </p>
      )}
      <div className="dialog-actions">
        <Button variant="default" onClick={onClose}>
          Keep
        </Button>
        <Button className="danger-button" loading={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
