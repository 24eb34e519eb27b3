import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ReelayError } from '../errors.ts';
import { StaticFile } from './static-file.ts';

/**
 * The workbench: a page that was built into a folder, its files, and the picture that a first video is made from.
 *
 * 1. A file's name is one plain word with an extension that we know: no path leads out of the folder.
 * 2. The page may load nothing from elsewhere, run no script but its own, and be shown in no frame. It sets no cookie.
 * 3. Its policy and its HTML share a nonce that is made for each answer.
 */

export interface WorkbenchOptions {
  /** Where the page was built, if it was. */
  readonly folder: string;
  readonly samplePicture: string;
  /** Base of the links to files: they may be on another host than the page. */
  readonly publicUrl: () => string;
  /** Another host that links to files lead to. */
  readonly filesOrigin?: string;
}

/** What the build writes where the nonce belongs. */
const noncePlaceholder = '__CSP_NONCE__';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

interface FileParams {
  readonly Params: { readonly name: string };
}

export function registerWorkbench(app: FastifyInstance, options: WorkbenchOptions): void {
  const { folder, samplePicture, publicUrl, filesOrigin } = options;
  const origins = () => [new URL(publicUrl()).origin, ...(filesOrigin === undefined ? [] : [filesOrigin])].join(' ');
  const files = new FileCache();
  const pagePath = join(folder, 'index.html');

  // Who opens the bare address in a browser looks for the page; relative, as a proxy may show it under a longer path.
  app.get('/', (_request, reply) => reply.redirect('workbench', 302));
  app.get('/workbench', (_request, reply) => sendPage(reply, pagePath, origins()));
  // From where the browser is: a proxy may show this under a longer path.
  app.get('/workbench/', (request, reply) => reply.redirect(request.url.replace('/workbench/', '../workbench'), 308));
  app.get('/workbench/sample.jpg', (request, reply) =>
    sendFile(samplePicture, { request, reply, files, cacheControl: 'public, max-age=86400' }),
  );
  // The build gives every file a name by its content.
  app.get<FileParams>('/workbench/assets/:name', (request, reply) =>
    sendFile(pathOf(join(folder, 'assets'), request.params.name), {
      ...{ request, reply, files },
      cacheControl: 'public, max-age=31536000, immutable',
    }),
  );
  app.get<FileParams>('/workbench/:name', (request, reply) =>
    sendFile(pathOf(folder, request.params.name), { request, reply, files, cacheControl: 'no-cache' }),
  );
}

async function sendPage(reply: FastifyReply, path: string, filesOrigins: string): Promise<FastifyReply> {
  const html = await readFile(path, 'utf8').catch(() => undefined);
  if (html === undefined) {
    return reply
      .code(404)
      .type('text/plain; charset=utf-8')
      .send('The workbench is not part of this installation: it was not built. `npm run build` builds it.\n');
  }
  const nonce = randomBytes(18).toString('base64url');
  return reply
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', pagePolicy(nonce, filesOrigins))
    .send(html.replaceAll(noncePlaceholder, nonce));
}

/** Styles are set through the DOM, which needs no permission, and in elements that carry the nonce. */
function pagePolicy(nonce: string, filesOrigins: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'none'",
    `img-src 'self' blob: data: ${filesOrigins}`,
    `media-src 'self' blob: ${filesOrigins}`,
    `connect-src 'self' ${filesOrigins}`,
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Undefined for what is no name of a file here. */
function pathOf(folder: string, name: string): string | undefined {
  return /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/.test(name) ? join(folder, name) : undefined;
}

async function sendFile(
  path: string | undefined,
  answer: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly files: FileCache;
    readonly cacheControl: string;
  },
): Promise<FastifyReply> {
  const { request, reply, files, cacheControl } = answer;
  const file = path === undefined ? undefined : await files.get(path, cacheControl);
  if (file === undefined) throw new ReelayError('not_found', 'there is no such file');
  return file.send(request, reply);
}

/** Files as they were read, for as long as they are as they were. Bounded by what is in the folder. */
class FileCache {
  readonly #read = new Map<string, { readonly state: string; readonly file: StaticFile }>();

  async get(path: string, cacheControl: string): Promise<StaticFile | undefined> {
    const type = types[extname(path)];
    const found = type === undefined ? undefined : await stat(path).catch(() => undefined);
    if (type === undefined || found?.isFile() !== true) return undefined;
    const state = `${found.mtimeMs} ${found.size}`;
    const known = this.#read.get(path);
    if (known?.state === state) return known.file;
    const file = new StaticFile(await readFile(path), { type, cacheControl });
    this.#read.set(path, { state, file });
    return file;
  }
}
