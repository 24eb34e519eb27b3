import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asset } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import type { MediaLibrary } from '../media/library.ts';
import type { Links } from '../media/links.ts';
import { pourFile } from './pour-file.ts';

interface FileParams {
  readonly Params: { readonly id: string; readonly name: string };
}

/** How long a client may take nothing of a file before its connection is ended, in milliseconds. */
const readerPatienceMs = 60_000;

type Range = { readonly start: number; readonly end: number };

/** Serves stored files to whoever holds a signed link. Only media that was probed is stored, under the type the probe found. */
export function registerFiles(
  app: FastifyInstance,
  {
    media,
    links,
    patienceMs = readerPatienceMs,
  }: { readonly media: MediaLibrary; readonly links: Links; readonly patienceMs?: number },
): void {
  const serve = async (request: FastifyRequest<FileParams>, reply: FastifyReply) => {
    const url = new URL(request.raw.url ?? '', 'http://localhost');
    const asset = await media.get(links.verify(url.pathname, url.searchParams).assetId);
    if (asset === undefined) throw new ReelayError('not_found', 'the file has expired or been deleted');
    const download = url.searchParams.has('download') ? 'attachment' : 'inline';
    reply.headers({
      'Content-Type': asset.probe.contentType,
      'Content-Disposition': `${download}; filename="${asset.filename.replace(/[^\x20-\x7e]|["\\]/g, '_')}"`,
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'private, max-age=3600, immutable',
      'Accept-Ranges': 'bytes',
      'Last-Modified': new Date(asset.createdAt).toUTCString(),
      ETag: etagOf(asset),
    });
    reply.raw.setTimeout(patienceMs, () => reply.raw.destroy());
    return send(request, reply, asset, media);
  };
  app.get<FileParams>('/files/:id/:name', { exposeHeadRoute: false }, serve);
  app.head<FileParams>('/files/:id/:name', serve);
}

async function send(request: FastifyRequest, reply: FastifyReply, asset: Asset, media: MediaLibrary) {
  if (request.headers['if-none-match'] === etagOf(asset)) return reply.code(304).send();
  const { sizeBytes } = asset;
  const range = rangeOf(request, asset);
  if (range === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${sizeBytes}`).send();
  const { start, end } = range === 'whole' ? { start: 0, end: sizeBytes - 1 } : range;
  reply.header('Content-Length', end - start + 1);
  if (range !== 'whole') reply.code(206).header('Content-Range', `bytes ${start}-${end}/${sizeBytes}`);
  if (request.method === 'HEAD') return reply.send();
  if (media.openFile === undefined) {
    return reply.send(existing(await media.open(asset, range === 'whole' ? undefined : range)));
  }
  const handle = existing(await media.openFile(asset));
  reply.hijack();
  reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  return pourFile({ handle, start, end }, reply.raw);
}

function existing<Bytes>(bytes: Bytes | undefined): Bytes {
  if (bytes === undefined) throw new ReelayError('not_found', 'the file is gone');
  return bytes;
}

function etagOf(asset: Asset): string {
  return `"${asset.sha256.slice(0, 32)}"`;
}

/** One range, as players ask for; several at once get the whole file, which RFC 9110 allows. */
function rangeOf(request: FastifyRequest, asset: Asset): Range | 'whole' | 'unsatisfiable' {
  const ifRange = request.headers['if-range'];
  if (ifRange !== undefined && ifRange !== etagOf(asset)) return 'whole';
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return 'whole';
  const last = asset.sizeBytes - 1;
  const [, from = '', to = ''] = match;
  const start = from === '' ? Math.max(0, asset.sizeBytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? last : Math.min(Number(to), last);
  return start > last || start > end ? 'unsatisfiable' : { start, end };
}
