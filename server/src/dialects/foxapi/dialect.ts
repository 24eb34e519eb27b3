import type { Dialect } from '../dialect.ts';
import { foxError } from './errors.ts';
import { names, title } from './names.ts';
import { describeFoxapi } from './openapi.ts';
import { statusBody } from './response.ts';
import { registerRoutes } from './routes.ts';

/** FoxAPI's unified video API. */
export const foxapi: Dialect = {
  api: 'foxapi',
  title,
  prefix: '/v1',
  names,
  errorAnswer: foxError,
  statusBody,
  register: registerRoutes,
  describe: describeFoxapi,
};
