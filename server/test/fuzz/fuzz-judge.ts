/** What every answer has to be, whatever was asked. */
import { errors } from '../../src/errors.ts';
import { DocumentedAnswers, type OpenApiDocument } from '../../src/testing/documented.ts';
import type { RawAnswer, RawRequest } from './raw-client.ts';

/** Words that only the inside of the server knows: stacks, paths, queries. */
const insideWords =
  /\n\s+at \w|node_modules|\.(ts|js):\d+:\d+|\/tmp\/|\/server\/(src|dist)|SqliteError|SQLITE_|no such (table|column)|[Ss]yntax error at or near|\binsert into\b|\bfrom "?tasks"?\b|Cannot read propert|is not a function|undefined \(/;

/** What the parser of HTTP refuses, on whatever path: no route was reached. */
const brokenHttp = new Set(['invalid_http', 'headers_too_large', 'request_timeout']);

export interface JudgeOptions {
  readonly document: OpenApiDocument;
  /** What no answer may hold: words of another account, and of the machine. */
  readonly secrets: readonly string[];
}

export class FuzzJudge {
  readonly #documented: DocumentedAnswers;
  readonly #secrets: readonly string[];

  constructor({ document, secrets }: JudgeOptions) {
    this.#documented = new DocumentedAnswers(document);
    this.#secrets = secrets;
  }

  /** Throws what is wrong with the answer. */
  check(request: RawRequest, answer: RawAnswer | undefined): void {
    if (answer === undefined) {
      if (request.framing === undefined && request.method !== 'CONNECT') throw new Error('closed without an answer');
      return;
    }
    const { status, headers, head, body } = answer;
    if (status >= 500 && !(status === 503 && 'retry-after' in headers)) throw new Error(`answered ${status}: ${body}`);
    if ('set-cookie' in headers || 'x-injected' in headers) throw new Error(`has a header that nobody sent: ${head}`);
    const text = `${head}\n${body}`;
    const inside = isPage(answer) ? undefined : insideWords.exec(text)?.[0];
    const secret = this.#secrets.find((word) => text.includes(word) && !sent(request).includes(word));
    if (inside !== undefined) throw new Error(`tells of the inside: ${inside} in ${text.slice(0, 1_000)}`);
    if (secret !== undefined) throw new Error(`tells a secret: ${secret}`);
    this.#checkForm(request, answer);
  }

  #checkForm({ method, target, framing }: RawRequest, { status, headers, body }: RawAnswer): void {
    // Node itself refuses what names no host, and what expects more than 100-continue.
    if ((framing === 'no-host' && status === 400) || status === 417) return;
    const contentType = headers['content-type'] ?? '';
    const isJson = contentType.startsWith('application/json') && body !== '';
    const parsed: unknown = isJson ? JSON.parse(body) : body;
    const code = status >= 400 && isJson ? codeIn(parsed) : undefined;
    if (code !== undefined && brokenHttp.has(code)) return;
    if (headers['x-content-type-options'] !== 'nosniff') throw new Error('may be read as another type');
    if (status >= 400 && isJson) checkEnvelope(target, parsed);
    const path = target.split(/[?#]/)[0] ?? '';
    try {
      this.#documented.check({ method, path, status, contentType, body: parsed });
    } catch (error) {
      // Where there is no route, the body may be refused before the path is.
      const isNoRoute = error instanceof Error && error.message.endsWith(', but is not documented');
      if (!isNoRoute || status < 400) throw error;
    }
  }
}

function isPage({ headers }: RawAnswer): boolean {
  return /^text\/|openapi|javascript/.test(headers['content-type'] ?? '') || 'etag' in headers;
}

function sent({ target, headers, body }: RawRequest): string {
  return `${target}\n${headers.map(([, value]) => value).join('\n')}\n${body.toString('utf8')}`;
}

interface AnyEnvelope {
  readonly error?: {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly type?: unknown;
    readonly title?: unknown;
    readonly remedy?: unknown;
  };
  readonly status?: unknown;
}

function codeIn(body: unknown): string | undefined {
  const code = (body as AnyEnvelope | null)?.error?.code;
  return typeof code === 'string' ? code : undefined;
}

function checkEnvelope(target: string, body: unknown): void {
  const { error, status } = body as AnyEnvelope;
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  const isFoxapi = isText(error?.message) && isText(error?.type) && Object.hasOwn(errors, String(error?.code));
  const isOxen = isText(error?.message) || (isText(error?.type) && isText(error?.title) && status === 'error');
  const isOwn = isText(error?.message) && isText(error?.remedy) && Object.hasOwn(errors, String(error?.code));
  const isRight = target.startsWith('/v1/') ? isFoxapi : target.startsWith('/api/') ? isOxen : isOwn;
  const isReadiness = status === 'not ready';
  if (!isRight && !isReadiness) throw new Error(`is in no envelope: ${JSON.stringify(body).slice(0, 500)}`);
}
