import type { Dialect } from '../dialect.ts';
import { oxenError } from './errors.ts';
import { names } from './names.ts';
import { registerRoutes } from './routes.ts';

/** Oxen's inference API: blocking generation, the queue, its event stream, history and models. */
export const oxen: Dialect = { api: 'oxen', prefix: '/api', names, errorAnswer: oxenError, register: registerRoutes };
