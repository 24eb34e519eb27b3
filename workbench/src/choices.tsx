import { useId } from 'react';

interface ChoicesProps<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly names?: Readonly<Record<Value, string>>;
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
}

/** One of a few, all of them in sight. */
export function Choices<Value extends string>({ label, values, names, chosen, onChoose }: ChoicesProps<Value>) {
  const group = useId();
  return (
    <div className="segments" role="radiogroup" aria-label={label}>
      {values.map((value) => (
        <label key={value} className="segment">
          <input type="radio" name={group} checked={value === chosen} onChange={() => onChoose(value)} />
          <span>{names?.[value] ?? value}</span>
        </label>
      ))}
    </div>
  );
}
