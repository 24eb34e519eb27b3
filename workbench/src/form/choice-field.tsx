import { NativeSelect } from '@mantine/core';
import type { JsonValue } from '../api.ts';
import { words } from '../format.ts';
import { describedBy, FieldFrame, type FieldIds, type FieldProps } from './field-frame.tsx';

/** More choices than this go into a list. */
const mostSegments = 8;

/** What a choice reads; the value itself stays what the API calls it. */
function labelOf(value: JsonValue): string {
  if (typeof value !== 'string') return String(value);
  return /^[a-z]{3,}([-_][a-z]+)*$/.test(value) ? words(value.replaceAll('-', '_')) : value;
}

export function ChoiceField(props: FieldProps) {
  const { parameter, fault, value, onChange } = props;
  const { property } = parameter;
  const choices = property.enum ?? [];
  const fallback = property.default;
  const isOpen = fallback === undefined && !parameter.required;
  const onReset =
    value !== undefined && fallback !== undefined && value !== fallback ? () => onChange(undefined) : undefined;
  const listed = choices.length > mostSegments;
  return (
    <FieldFrame parameter={parameter} fault={fault} onReset={onReset} group={!listed}>
      {(ids) =>
        listed ? (
          <NativeSelect
            id={ids.control}
            ref={describedBy(ids)}
            data={[...(isOpen ? [{ value: '', label: 'Not set' }] : []), ...choices.map(optionOf)]}
            value={String(value ?? fallback ?? '')}
            onChange={({ currentTarget }) => onChange(choices.find((choice) => String(choice) === currentTarget.value))}
          />
        ) : (
          <Segments {...props} ids={ids} choices={isOpen ? [undefined, ...choices] : choices} />
        )
      }
    </FieldFrame>
  );
}

function optionOf(choice: JsonValue) {
  return { value: String(choice), label: labelOf(choice) };
}

interface SegmentsProps extends FieldProps {
  readonly ids: FieldIds;
  readonly choices: readonly (JsonValue | undefined)[];
}

/** Radio buttons that look like one control. Shapes of a picture are drawn, too. */
function Segments({ parameter, value, onChange, ids, choices }: SegmentsProps) {
  const chosen = value ?? parameter.property.default;
  const { allowed } = parameter.demand;
  const isShape = choices.some((choice) => typeof choice === 'string' && /^\d+:\d+$/.test(choice));
  const longest = Math.max(...choices.map((choice) => (choice === undefined ? 7 : labelOf(choice).length)));
  return (
    <div
      className="segments"
      role="radiogroup"
      aria-labelledby={ids.label}
      aria-describedby={ids.about}
      data-shapes={isShape || undefined}
      style={{ gridTemplateColumns: `repeat(${columnsFor(choices.length, { isShape, longest })}, 1fr)` }}
    >
      {choices.map((choice) => (
        <label
          key={String(choice)}
          className="segment"
          data-off={(choice !== undefined && allowed !== undefined && !allowed.includes(choice)) || undefined}
        >
          <input type="radio" name={ids.control} checked={choice === chosen} onChange={() => onChange(choice)} />
          {isShape && <Shape ratio={String(choice)} />}
          <span>{choice === undefined ? 'Not set' : labelOf(choice)}</span>
        </label>
      ))}
    </div>
  );
}

/** As many as fit next to each other, in rows that are as even as can be. */
function columnsFor(
  count: number,
  { isShape, longest }: { readonly isShape: boolean; readonly longest: number },
): number {
  const most = longest > 11 ? 2 : isShape ? 4 : 6;
  return Math.ceil(count / Math.ceil(count / most));
}

/** Long side of a drawn shape, in pixels. */
const shapeSide = 18;

function Shape({ ratio }: { readonly ratio: string }) {
  const [across, down] = ratio.split(':').map(Number);
  if (!across || !down) return <span className="shape shape-any" />;
  const scale = shapeSide / Math.max(across, down);
  return <span className="shape" style={{ width: across * scale, height: down * scale }} />;
}
