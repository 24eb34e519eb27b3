import { afterAll } from 'vitest';
import { dropDatabases } from '../../src/testing/databases.ts';

afterAll(dropDatabases);
