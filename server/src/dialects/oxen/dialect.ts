import type { Dialect } from '../dialect.ts';
import { oxenError } from './errors.ts';
import { names, title } from './names.ts';
import { describeOxen } from './openapi.ts';
import { statusBody } from './response.ts';
import { registerRoutes } from './routes.ts';

/** Oxen's inference API: blocking generation, the queue, its event stream, history and models. */
export const oxen: Dialect = {
  api: 'oxen',
  title,
  prefix: '/api',
  names,
  errorAnswer: oxenError,
  statusBody,
  register: registerRoutes,
  describe: describeOxen,
};
