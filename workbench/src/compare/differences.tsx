import type { JsonValue, Model, Task } from '../api.ts';
import { length, usd } from '../format.ts';
import { ParameterValue } from '../output/task-stage.tsx';
import { modelName, promptOf, settingsOf } from '../output/task-words.ts';

interface Row {
  readonly name: string;
  readonly a: JsonValue | undefined;
  readonly b: JsonValue | undefined;
}

interface DifferencesProps {
  readonly a: Task;
  readonly b: Task;
  readonly models: readonly Model[] | undefined;
}

/** What was asked for, side by side: what differs first and marked. */
export function Differences({ a, b, models }: DifferencesProps) {
  const rows = rowsOf(a, b, models);
  const different = rows.filter((row) => !isSame(row));
  const same = rows.filter(isSame);
  return (
    <section className="differences">
      <h2>{different.length === 0 ? 'Same parameters' : countOf(different.length)}</h2>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {[...different, ...same].map((row) => (
            <tr key={row.name} data-different={!isSame(row) || undefined}>
              <th scope="row">{row.name}</th>
              <td>{row.a === undefined ? '–' : <ParameterValue value={row.a} />}</td>
              <td>{row.b === undefined ? '–' : <ParameterValue value={row.b} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function countOf(count: number): string {
  return count === 1 ? 'One difference' : `${count} differences`;
}

function rowsOf(a: Task, b: Task, models: readonly Model[] | undefined): readonly Row[] {
  const shown = (task: Task) => ({
    Model: modelName(task, models),
    Prompt: promptOf(task),
    ...Object.fromEntries(settingsOf(task)),
    Provider: task.provider,
    Took: task.completed === null ? undefined : length(task.completed - task.created),
    Cost: task.cost_usd === null ? undefined : usd(task.cost_usd),
  });
  const [left, right]: Record<string, JsonValue | undefined>[] = [shown(a), shown(b)];
  const names = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
  return [...names].map((name) => ({ name, a: left?.[name], b: right?.[name] }));
}

function isSame({ a, b }: Row): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
