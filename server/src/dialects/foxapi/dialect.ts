import type { Dialect } from '../dialect.ts';
import { foxError } from './errors.ts';
import { names } from './names.ts';
import { registerRoutes } from './routes.ts';

/** FoxAPI's unified video API. */
export const foxapi: Dialect = { api: 'foxapi', prefix: '/v1', names, errorAnswer: foxError, register: registerRoutes };
