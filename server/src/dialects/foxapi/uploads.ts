import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Asset, Caller, JsonObject } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import type { DialectDependencies } from '../dialect.ts';
import { bodyObject, invalidParameters } from '../intake.ts';
import type { CallerOf } from '../require-key.ts';
import { readUploadOptions } from './request.ts';
import { fileBody } from './response.ts';

/** How long uploads are kept, in milliseconds: FoxAPI's 72 hours. */
const uploadLifetimeMs = 72 * 3_600_000;

type Source = Parameters<DialectDependencies['media']['ingest']>[0]['source'];

/** The three upload routes. All answer the same body; the link in it works as an input of any model. */
export function registerUploads(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const { media, links, maxUploadBytes } = dependencies;

  async function take(caller: Caller, field: string, source: Source, filename?: string): Promise<JsonObject> {
    const asset: Asset = await media.ingest({
      accountId: caller.accountId,
      purpose: 'upload',
      source,
      field,
      maxBytes: maxUploadBytes,
      lifetimeMs: uploadLifetimeMs,
      ...(filename !== undefined && { filename }),
    });
    return fileBody(asset, links.sign(asset, { lifetimeMs: uploadLifetimeMs }));
  }

  // Base64 takes a third more than the file itself.
  app.post('/files/upload/base64', { bodyLimit: Math.ceil(maxUploadBytes * 1.4) }, async (request) => {
    const { content, filename } = readUploadOptions(bodyObject(request.body), 'file_data');
    return take(callerOf(request), 'file_data', { stream: Readable.from(decodeFileData(content)) }, filename);
  });

  app.post('/files/upload/url', async (request) => {
    const { content, filename } = readUploadOptions(bodyObject(request.body), 'url');
    try {
      dependencies.checkInputUrl(content);
    } catch (error) {
      if (!(error instanceof ReelayError)) throw error;
      throw new ReelayError(error.code, `url: ${error.message}`, {
        faults: [{ field: 'url', message: error.message }],
      });
    }
    return take(callerOf(request), 'url', { url: content }, filename);
  });

  // In a scope of its own: the plugin's hooks would run with every request.
  app.register(async (forms) => {
    await forms.register(multipart);
    forms.post('/files/upload/stream', async (request) => {
      const path = join(dependencies.temporaryFolder, `upload-${randomUUID()}`);
      try {
        const { filename } = await receiveForm(request, path, dependencies);
        return await take(callerOf(request), 'file', { path }, filename);
      } finally {
        await rm(path, { force: true });
      }
    });
  });
}

/** Plain base64 or a data URL, in either alphabet. What the file is, its own bytes tell. */
function decodeFileData(text: string): Buffer {
  const data = text.replace(/^data:[^,]{0,200};base64,/i, '').replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(data)) {
    throw invalidParameters([
      { field: 'file_data', message: 'must be base64, plain or as a data URL (data:video/mp4;base64,…)' },
    ]);
  }
  return Buffer.from(data, 'base64');
}

/** Reads the form to its end: the name may come after the file, so the file waits on disk. */
async function receiveForm(
  request: FastifyRequest,
  path: string,
  { maxUploadBytes, temporaryFolder }: DialectDependencies,
) {
  await mkdir(temporaryFolder, { recursive: true });
  const fields: Record<string, string> = {};
  let original: string | undefined;
  let received = false;
  for await (const part of request.parts({
    limits: { fileSize: maxUploadBytes, files: 2, fields: 10, fieldSize: 10_000 },
  })) {
    if (part.type === 'field') {
      fields[part.fieldname] = String(part.value);
      continue;
    }
    if (part.fieldname !== 'file' || received) {
      part.file.resume();
      throw invalidParameters([{ field: part.fieldname, message: 'is not the one file of this form; name it "file"' }]);
    }
    await pipeline(part.file, createWriteStream(path));
    if (part.file.truncated) {
      throw new ReelayError('file_too_large', `file: is larger than ${Math.floor(maxUploadBytes / 1024 ** 2)} MB`);
    }
    original = part.filename;
    received = true;
  }
  if (!received)
    throw invalidParameters([{ field: 'file', message: 'is required: the file itself, as a part of the form' }]);
  const { filename = original } = readUploadOptions({ ...fields, file: 'received' }, 'file');
  return { ...(filename !== undefined && { filename }) };
}
