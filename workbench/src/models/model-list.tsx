import { Skeleton, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Model } from '../api.ts';
import { operationNames, operations, pricePerSecond, standIn } from '../format.ts';
import { carryOver } from '../generate/drafts.ts';
import { SearchIcon } from '../icons.tsx';
import { go, hrefOf } from '../page-state.ts';

interface ListProps {
  readonly models: readonly Model[] | undefined;
  readonly chosen: Model | undefined;
  readonly onChosen?: () => void;
}

/** Every model by what it does. */
export function ModelList({ models, chosen, onChosen }: ListProps) {
  const [search, setSearch] = useState('');
  const found = models
    ?.filter((model) => mentions(model, search))
    .toSorted((a, b) => a.display_name.localeCompare(b.display_name, 'en', { numeric: true }));
  return (
    <nav className="models" aria-label="Models">
      <div className="models-search">
        <TextInput
          size="sm"
          type="search"
          aria-label="Search models"
          placeholder={models === undefined ? 'Search models' : `Search ${models.length} models`}
          leftSection={<SearchIcon size={15} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {found === undefined && <ListSkeleton />}
      {found?.length === 0 && <p className="models-none">No model is about “{search}”.</p>}
      {operations.map((operation) => {
        const group = found?.filter((model) => model.operation === operation) ?? [];
        return group.length === 0 ? null : (
          <section key={operation} className="models-group">
            <h3>{operationNames[operation]}</h3>
            <ul>
              {group.map((model) => (
                <li key={model.id}>
                  <ModelRow model={model} chosen={chosen} onChosen={onChosen} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}

interface RowProps {
  readonly model: Model;
  readonly chosen: Model | undefined;
  readonly onChosen: (() => void) | undefined;
}

function ModelRow({ model, chosen, onChosen }: RowProps) {
  const provider = model.provider ?? 'no provider';
  const isChosen = model.id === chosen?.id;
  const row = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isChosen) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  return (
    <a
      ref={row}
      className="model-row"
      href={hrefOf({ model: model.id })}
      aria-current={isChosen ? 'true' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        carryOver(chosen, model);
        go({ model: model.id, tab: 'input' });
        onChosen?.();
      }}
    >
      <span className="model-row-name">{model.display_name}</span>
      <span className="model-row-facts">
        <span>{model.developer.name}</span>
        <span>{pricePerSecond(model.pricing)}</span>
        <span className="model-row-provider" data-tone={model.provider === null ? 'warning' : undefined}>
          {provider === standIn ? 'stand-in' : provider}
        </span>
      </span>
    </a>
  );
}

function mentions(model: Model, search: string): boolean {
  const text = [
    model.id,
    model.display_name,
    model.summary,
    model.developer.name,
    model.provider ?? '',
    operationNames[model.operation],
  ];
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.some((part) => part.toLowerCase().includes(word)));
}

function ListSkeleton() {
  return (
    <div className="models-group" aria-hidden="true">
      {[72, 60, 80, 66, 74, 58, 70].map((width) => (
        <div key={width} className="model-row">
          <Skeleton height={13} width={`${width}%`} mb={7} />
          <Skeleton height={10} width="46%" />
        </div>
      ))}
    </div>
  );
}
