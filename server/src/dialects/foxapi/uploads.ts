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
import { asStorageError } from '../../media/storage.ts';
import { Admission, type AdmissionLimits } from '../admission.ts';
import type { DialectDependencies } from '../dialect.ts';
import { bodyObject, invalidParameters } from '../intake.ts';
import type { CallerOf } from '../require-key.ts';
import { readUploadOptions } from './request.ts';
import { fileBody } from './response.ts';

/** Uploads under way at once: each holds a file on its way in, and may come slowly. */
const admissionLimits: AdmissionLimits = { perKey: 16, perAccount: 32, total: 128 };

const files = { config: { scope: 'files' } } as const;

type Source = Parameters<DialectDependencies['media']['ingest']>[0]['source'];

/** The three upload routes all answer the same body; the link in it works as an input of any model. Deleting is ours. */
export function registerUploads(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const { tasks, media, links, maxUploadBytes, uploadLifetimeMs } = dependencies;
  const admission = new Admission('uploads', admissionLimits);

  async function admitted<Answer>(request: FastifyRequest, work: (caller: Caller) => Promise<Answer>): Promise<Answer> {
    const caller = callerOf(request);
    const leave = admission.enter(caller);
    try {
      return await work(caller);
    } finally {
      leave();
    }
  }

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
  app.post('/files/upload/base64', { ...files, bodyLimit: Math.ceil(maxUploadBytes * 1.4) }, async (request) => {
    const { content, filename } = readUploadOptions(bodyObject(request.body), 'file_data');
    const source = { stream: Readable.from(decodeFileData(content)) };
    return admitted(request, (caller) => take(caller, 'file_data', source, filename));
  });

  app.post('/files/upload/url', files, async (request) => {
    const { content, filename } = readUploadOptions(bodyObject(request.body), 'url');
    try {
      dependencies.checkInputUrl(content);
    } catch (error) {
      if (!(error instanceof ReelayError)) throw error;
      throw new ReelayError(error.code, `url: ${error.message}`, {
        faults: [{ field: 'url', message: error.message }],
      });
    }
    return admitted(request, (caller) => take(caller, 'url', { url: content }, filename));
  });

  app.delete<{ readonly Params: { readonly id: string } }>('/files/:id', files, async (request) => {
    const { id } = request.params;
    await tasks.removeUpload(callerOf(request).accountId, id);
    return { id, object: 'file', deleted: true };
  });

  // In a scope of its own: the plugin's hooks would run with every request.
  app.register(async (forms) => {
    await forms.register(multipart);
    forms.post('/files/upload/stream', files, (request) =>
      admitted(request, async (caller) => {
        const path = join(dependencies.temporaryFolder, `upload-${randomUUID()}`);
        try {
          const { filename } = await receiveForm(request, path, dependencies).catch((error: unknown) => {
            throw formFault(error);
          });
          return await take(caller, 'file', { path }, filename);
        } finally {
          await rm(path, { force: true });
        }
      }),
    );
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

/** Broken forms are told by errors without a code of their own, and by streams that end too early. */
function formFault(error: unknown): unknown {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code !== undefined && code !== 'ERR_STREAM_PREMATURE_CLOSE') return asStorageError(error);
  return new ReelayError('invalid_parameters', `the form cannot be read: ${String(message)}`, { cause: error });
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
