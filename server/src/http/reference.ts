import { type FastifyInstance, fastify } from 'fastify';
import { ReelayError } from '../errors.ts';
import { StaticFile } from './static-file.ts';

/**
 * `/docs`: the OpenAPI document as a page, drawn by Scalar's script, which this server hands out itself. Nothing is loaded
 * from elsewhere, and the policy would not let it.
 */

/** Two files beside the page: Scalar's, and the few lines that start it. */
const scriptName = 'scalar.js';
const startName = 'start.js';

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>Reelay API reference</title>
  </head>
  <body>
    <div id="reference"></div>
    <script src="docs/assets/${scriptName}"></script>
    <script src="docs/assets/${startName}"></script>
  </body>
</html>
`;

const settings = {
  telemetry: false,
  withDefaultFonts: false,
  persistAuth: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  defaultOpenFirstTag: false,
  hideModels: true,
};

/** Requests go to where the page came from, whatever name it was asked for by, and whatever path a proxy shows it under. */
const start = `const server = new URL('.', location.href).href;
Scalar.createApiReference('#reference', {
  ...${JSON.stringify(settings)},
  url: server + 'openapi.json',
  servers: [{ url: server.replace(/\\/$/, ''), description: 'This server' }],
});
`;

/** Scalar writes some of its styles without the nonce that it is given (seen with 1.72.1), so inline styles are allowed. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface AssetParams {
  readonly Params: { readonly name: string };
}

const cacheControl = 'public, max-age=3600';
const scriptType = 'text/javascript; charset=utf-8';

export function registerReference(app: FastifyInstance): void {
  const html = new StaticFile(page, { type: 'text/html; charset=utf-8', cacheControl: 'no-cache' });
  const starter = new StaticFile(start, { type: scriptType, cacheControl });
  let scalar: Promise<StaticFile> | undefined;

  app.get('/docs', (request, reply) => html.send(request, reply.header('Content-Security-Policy', policy)));
  app.get<AssetParams>('/docs/assets/:name', async (request, reply) => {
    const { name } = request.params;
    if (name === startName) return starter.send(request, reply);
    if (name !== scriptName) throw new ReelayError('not_found', 'there is no such file');
    scalar ??= readScalar();
    return (await scalar).send(request, reply);
  });
}

/** Scalar hands its script out through its plugin alone: a server of its own, which never listens, asks for it once. */
async function readScalar(): Promise<StaticFile> {
  const { default: plugin } = await import('@scalar/fastify-api-reference');
  const own = fastify();
  await own.register(plugin, { routePrefix: '/', configuration: { url: '/openapi.json' } });
  const { body } = await own.inject('/js/scalar.js');
  await own.close();
  return new StaticFile(body, { type: scriptType, cacheControl });
}
