import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { ReelayError } from '../../errors.ts';
import { checkTimeoutMs } from '../check.ts';
import { type Answer, ask, asObject, discard, fileOf, objectOf } from '../exchange.ts';
import { type GetToken, tokenOf } from './token.ts';

/**
 * The operator's bucket, where sources are put and results appear: `gs://bucket/folder/<attempt>/…`. Nothing is
 * removed from it; a lifecycle rule of the bucket does that.
 */

export interface BucketOptions {
  /** `gs://bucket` or `gs://bucket/folder`. */
  readonly storageUri: string;
  /** `https://storage.googleapis.com` */
  readonly baseUrl: string;
  readonly getToken: GetToken;
  readonly dispatcher: Dispatcher;
}

/** Tries of an upload or of a read; both may be repeated and cost next to nothing. */
const maximumTries = 3;
const pauseMs = 500;

const listTimeoutMs = 30_000;
const idleTimeoutMs = 60_000;
const maximumAnswerBytes = 1024 ** 2;

/** Names that an attempt's folder may hold before the search gives up. */
const maximumListed = 100;

export class Bucket {
  /** Of Cloud Storage. */
  readonly origin: string;
  readonly #options: BucketOptions;
  readonly #name: string;
  /** Empty, or with its slash. */
  readonly #folder: string;

  constructor(options: BucketOptions) {
    const [, name, folder = ''] = /^gs:\/\/([a-z0-9][a-z0-9._-]+)(?:\/(.*))?$/.exec(options.storageUri) ?? [];
    if (name === undefined) throw new Error('a storage URI has the form gs://bucket/folder');
    this.#options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') };
    this.#name = name;
    this.origin = new URL(options.baseUrl).origin;
    this.#folder = folder.replace(/\/*$/, folder === '' ? '' : '/');
  }

  uri(attemptId: string, name: string): string {
    return `gs://${this.#name}/${this.#key(attemptId, name)}`;
  }

  /** Puts a file there. False where that did not work; the same name is simply written again. */
  async put(
    attemptId: string,
    name: string,
    file: { readonly path: string; readonly contentType: string; readonly timeoutMs: number },
  ): Promise<boolean> {
    const { size } = await stat(file.path);
    const search = new URLSearchParams({ uploadType: 'media', name: this.#key(attemptId, name) });
    for (let tried = 1; tried <= maximumTries; tried += 1) {
      const token = await tokenOf(this.#options.getToken);
      if (token === undefined) return false;
      const answer = await ask(this.#options.dispatcher, {
        method: 'POST',
        url: `${this.#options.baseUrl}/upload/storage/v1/b/${this.#name}/o?${search}`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': file.contentType,
          'content-length': String(size),
        },
        body: createReadStream(file.path),
        timeoutMs: file.timeoutMs,
        maximumBytes: maximumAnswerBytes,
      });
      if (answer !== undefined && answer.status < 300) return true;
      if (answer !== undefined && answer.status < 500 && answer.status !== 429 && answer.status !== 408) return false;
      if (tried < maximumTries) await sleep(pauseMs * tried);
    }
    return false;
  }

  /** Asks for one name of the folder: whether there is a token, and what the bucket says to it. */
  async look(): Promise<
    { readonly kind: 'no-token' } | { readonly kind: 'asked'; readonly answer: Answer | undefined }
  > {
    const token = await tokenOf(this.#options.getToken, checkTimeoutMs);
    if (token === undefined) return { kind: 'no-token' };
    const search = new URLSearchParams({ prefix: this.#folder, fields: 'items(name,size)', maxResults: '1' });
    const answer = await ask(this.#options.dispatcher, {
      method: 'GET',
      url: `${this.#options.baseUrl}/storage/v1/b/${this.#name}/o?${search}`,
      headers: { authorization: `Bearer ${token}` },
      timeoutMs: checkTimeoutMs,
      maximumBytes: maximumAnswerBytes,
    });
    return { kind: 'asked', answer };
  }

  /** Addresses of the files in an attempt's folder; undefined where the list could not be read. */
  async list(attemptId: string): Promise<readonly string[] | undefined> {
    const token = await tokenOf(this.#options.getToken);
    if (token === undefined) return undefined;
    const search = new URLSearchParams({
      prefix: this.#key(attemptId, ''),
      fields: 'items(name,size)',
      maxResults: String(maximumListed),
    });
    const answer = await ask(this.#options.dispatcher, {
      method: 'GET',
      url: `${this.#options.baseUrl}/storage/v1/b/${this.#name}/o?${search}`,
      headers: { authorization: `Bearer ${token}` },
      timeoutMs: listTimeoutMs,
      maximumBytes: maximumAnswerBytes,
    });
    const list = answer?.status === 200 ? objectOf(answer.text) : undefined;
    if (list === undefined) return undefined;
    const items = Array.isArray(list['items']) ? list['items'].map(asObject) : [];
    return items.flatMap((item) => {
      const name = item?.['name'];
      return typeof name === 'string' && name.startsWith(this.#key(attemptId, '')) && item?.['size'] !== '0'
        ? [`gs://${this.#name}/${name}`]
        : [];
    });
  }

  /** Whether an address is a file of ours; of the attempt given where there is one. */
  holds(uri: unknown, attemptId?: string): uri is string {
    const start = `gs://${this.#name}/${attemptId === undefined ? this.#folder : this.#key(attemptId, '')}`;
    return (
      typeof uri === 'string' && uri.startsWith(start) && uri.length > start.length && !/[\u0000-\u001f]/.test(uri)
    );
  }

  async read(uri: string, signal: AbortSignal): Promise<Readable> {
    if (!this.holds(uri)) {
      throw new ReelayError('result_refused', 'The provider named a file at an address that is not its own.');
    }
    const name = encodeURIComponent(uri.slice(`gs://${this.#name}/`.length));
    const url = `${this.#options.baseUrl}/storage/v1/b/${this.#name}/o/${name}?alt=media`;
    const fault = new ReelayError('generation_failed', 'The finished file could not be fetched from the provider.');
    for (let tried = 1; ; tried += 1) {
      const answer = await this.#get(url, signal);
      signal.throwIfAborted();
      if (answer?.statusCode === 200) return fileOf(answer.body, fault);
      if (answer !== undefined) discard(answer.body);
      const temporary = answer === undefined || answer.statusCode >= 500 || answer.statusCode === 429;
      if (!temporary || tried >= maximumTries) throw fault;
      await sleep(pauseMs * tried, undefined, { signal });
    }
  }

  async #get(url: string, signal: AbortSignal): Promise<Dispatcher.ResponseData | undefined> {
    const token = await tokenOf(this.#options.getToken);
    if (token === undefined) return undefined;
    const headers = { authorization: `Bearer ${token}` };
    const { dispatcher } = this.#options;
    const waits = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
    return request(url, { dispatcher, signal, headers, ...waits }).catch(() => undefined);
  }

  #key(attemptId: string, name: string): string {
    return `${this.#folder}${attemptId}/${name}`;
  }
}
