import type { Dialect } from './dialect.ts';
import { foxapi } from './foxapi/dialect.ts';
import { oxen } from './oxen/dialect.ts';

/** Every API we speak. */
export const dialects: readonly Dialect[] = [foxapi, oxen];
