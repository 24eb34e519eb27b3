import { ActionIcon, Button } from '@mantine/core';
import { CloseIcon, CompareIcon } from '../icons.tsx';
import { go, usePage } from '../page-state.ts';
import { dropPicks, usePicks } from './picks.ts';

/** Says what is picked, and leads to the comparison. */
export function CompareTray() {
  const picks = usePicks();
  const { view } = usePage();
  const [a = '', b = ''] = picks;
  if (picks.length === 0 || view === 'compare') return null;
  return (
    <section className="tray" aria-label="Picked for comparison">
      <CompareIcon />
      <p>{b === '' ? 'One picked. Pick another to compare.' : 'Two picked.'}</p>
      <Button size="xs" disabled={b === ''} onClick={() => go({ view: 'compare', a, b })}>
        Compare
      </Button>
      <ActionIcon variant="subtle" color="gray" aria-label="Pick none" onClick={dropPicks}>
        <CloseIcon size={15} />
      </ActionIcon>
    </section>
  );
}
