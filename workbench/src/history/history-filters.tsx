import { NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type RefObject, useState } from 'react';
import { Choices } from '../choices.tsx';
import { operationNames, operations } from '../format.ts';
import { SearchIcon } from '../icons.tsx';
import { go, usePage } from '../page-state.ts';
import { useModels } from '../queries.ts';

const statuses = ['all', 'pending', 'processing', 'completed', 'failed'] as const;

const statusNames = {
  all: 'All',
  pending: 'Waiting',
  processing: 'Running',
  completed: 'Ready',
  failed: 'Failed',
} as const;

/** How long the search rests before it is made, in milliseconds. */
const restMs = 300;

/** Characters that the server searches for at most. */
const longestSearch = 200;

export function HistoryFilters({ search }: { readonly search: RefObject<HTMLInputElement | null> }) {
  const { status, operation, of, q } = usePage();
  const { data: models = [] } = useModels();
  const [text, setText] = useState(q);
  const [lastQ, setLastQ] = useState(q);
  // The address may change by a link or the back button, too; while somebody types it follows the field.
  if (q !== lastQ) {
    setLastQ(q);
    if (q !== text.trim()) setText(q);
  }
  const find = useDebouncedCallback((words: string) => go({ q: words.trim() }, { replace: true }), restMs);
  return (
    <search className="filters">
      <TextInput
        ref={search}
        className="filters-search"
        type="search"
        aria-label="Search in prompts"
        placeholder="Search in prompts"
        leftSection={<SearchIcon size={15} />}
        maxLength={longestSearch}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          find(event.currentTarget.value);
        }}
      />
      <Choices
        label="Status"
        values={statuses}
        names={statusNames}
        chosen={statuses.find((value) => value === status) ?? 'all'}
        onChoose={(value) => go({ status: value === 'all' ? '' : value }, { replace: true })}
      />
      <NativeSelect
        aria-label="Operation"
        value={operation}
        data={[
          { value: '', label: 'Every operation' },
          ...operations.map((value) => ({ value, label: operationNames[value] })),
        ]}
        onChange={(event) => go({ operation: event.currentTarget.value }, { replace: true })}
      />
      <NativeSelect
        aria-label="Model"
        value={of}
        data={[
          { value: '', label: 'Every model' },
          ...models.map(({ id, display_name: label }) => ({ value: id, label })),
        ]}
        onChange={(event) => go({ of: event.currentTarget.value }, { replace: true })}
      />
    </search>
  );
}
