import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Model } from '../api.ts';
import { Dialog } from '../dialog.tsx';
import { ChevronIcon } from '../icons.tsx';
import { ModelBadges } from './badges.tsx';
import { ModelList } from './model-list.tsx';

interface HeadProps {
  readonly model: Model;
  readonly models: readonly Model[];
}

/** Name and nature of the model whose form follows; where there is no room for the list, also the way to it. */
export function ModelHead({ model, models }: HeadProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <header className="model-head">
      <div className="model-head-line">
        <h2>{model.display_name}</h2>
        <Button
          className="model-switch"
          size="xs"
          variant="default"
          rightSection={<ChevronIcon size={14} />}
          onClick={() => setOpen(true)}
        >
          Models
        </Button>
      </div>
      <p>{model.summary}</p>
      <ModelBadges model={model} />
      {isOpen && (
        <Dialog title="Models" place="side" onClose={() => setOpen(false)}>
          <ModelList models={models} chosen={model} onChosen={() => setOpen(false)} />
        </Dialog>
      )}
    </header>
  );
}
