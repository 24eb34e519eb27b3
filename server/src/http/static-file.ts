import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const compress = promisify(gzip);

/** Bytes below which nobody gains from compressing. */
const smallBody = 1_024;

/** A body that is the same for everybody. */
export class StaticFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly #vary: string;
  readonly #body: Buffer;
  readonly #etag: string;
  #compressed: Promise<Buffer> | undefined;

  constructor(
    body: Buffer | string,
    about: {
      readonly type: string;
      readonly cacheControl: string;
      /** Headers of requests, beside the encoding, that decide between this and another file. */
      readonly vary?: readonly string[];
    },
  ) {
    this.#body = Buffer.from(body);
    this.type = about.type;
    this.cacheControl = about.cacheControl;
    this.#vary = [...(about.vary ?? []), 'Accept-Encoding'].join(', ');
    this.#etag = createHash('sha256').update(this.#body).digest('base64url').slice(0, 27);
  }

  /** Answers with the file, or with 304 where the client has it. */
  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const isText = /^(text|application)\//.test(this.type) && this.#body.length >= smallBody;
    const isCompressed = isText && acceptsGzip(request.headers['accept-encoding']);
    // Weak: the same file, in one of two encodings.
    const etag = isText ? `W/"${this.#etag}"` : `"${this.#etag}"`;
    reply.headers({
      'Content-Type': this.type,
      'Cache-Control': this.cacheControl,
      ETag: etag,
      ...(isText && { Vary: [reply.getHeader('Vary') ?? [], this.#vary].flat().join(', ') }),
    });
    const known = request.headers['if-none-match']?.split(',') ?? [];
    if (known.some((tag) => tag.trim() === etag)) return reply.code(304).send();
    if (!isCompressed) return reply.send(this.#body);
    this.#compressed ??= compress(this.#body, { level: constants.Z_BEST_COMPRESSION });
    return reply.header('Content-Encoding', 'gzip').send(await this.#compressed);
  }
}

function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const offers = String(header ?? '').split(',');
  return offers.some((offer) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(offer));
}
