import type { PostgresCluster } from '../server/dist/testing/postgres-cluster.js';
import type { Plan } from './plan.ts';

/** A line of the report. What is beside ours is named where it is not the floor. */
export interface Row {
  readonly figure: string;
  readonly reelay: string;
  readonly beside?: string;
  readonly ratio?: string;
  readonly aim?: Aim;
}

export interface Aim {
  readonly text: string;
  readonly met: boolean;
}

export interface Measured {
  /** As they were taken, for `--json`. */
  readonly figures: unknown;
  readonly rows: readonly Row[];
  /** What one has to know to read the rows. */
  readonly notes: readonly string[];
  /** Programs that took part beside those that always do, by name. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface Surroundings {
  readonly plan: Plan;
  /** None where PostgreSQL is not installed. */
  readonly postgres: PostgresCluster | undefined;
}

/** Something that one run measures by itself. */
export interface Section {
  /** As `--only` calls it. */
  readonly name: string;
  readonly title: string;
  measure(surroundings: Surroundings): Promise<Measured>;
}

export function atLeast(value: number, limit: number): Aim {
  return { text: `≥ ${limit}`, met: value >= limit };
}

export function below(value: number, limit: number, write: (value: number) => string): Aim {
  return { text: `< ${write(limit)}`, met: value < limit };
}

export function microseconds(value: number): string {
  return `${value.toFixed(1)} µs`;
}

export function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1e3).toFixed(1)} kB`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** What ours takes more, or less. */
export function difference(ours: number, theirs: number): string {
  return `${ours < theirs ? '−' : '+'}${milliseconds(Math.abs(ours - theirs))}`;
}
