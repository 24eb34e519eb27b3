import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestRates } from '../access/request-rates.ts';
import type { FaceIndex, ParameterNames } from '../catalogue/catalogue.ts';
import type { ApiName, Caller, JsonObject, PromptReading, Task } from '../contract/index.ts';
import type { ReelayError } from '../errors.ts';
import type { MediaLibrary } from '../media/library.ts';
import type { Links } from '../media/links.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import type { WebhookSecrets } from '../webhooks/secrets.ts';
import type { ApiDescription } from './openapi.ts';

/** A stream of server-sent events to one client. */
export interface EventStream {
  /** Writes bytes as they are; the caller frames them. A client that does not read is dropped. */
  write(bytes: Uint8Array): void;
  /** Whether the client is still there. */
  isOpen(): boolean;
  /** Calls back when it has gone or was dropped. */
  onClose(listener: () => void): void;
}

/** What a dialect is given. It knows no provider, no database and no other dialect. */
export interface DialectDependencies {
  readonly tasks: Tasks;
  readonly media: MediaLibrary;
  readonly links: Links;
  readonly faces: FaceIndex;
  /** Checks the key of a request; throws `unauthenticated`. */
  readonly authenticate: (request: FastifyRequest) => Promise<Caller>;
  readonly rates: RequestRates;
  /** Throws `too_many_at_once` or `service_unavailable` where too many are open. */
  readonly openStream: (request: FastifyRequest, reply: FastifyReply, caller: Caller) => EventStream;
  /** What the task's provider would make of its prompt today; undefined where it does not tell. */
  readonly readPrompt: (task: Task) => PromptReading | undefined;
  /** Throws `invalid_url` or `blocked_address` for a URL that could never be fetched. */
  readonly checkInputUrl: (url: string) => void;
  /** The same for an address that the end of a task is told to. */
  readonly checkCallbackUrl: (url: string) => void;
  readonly webhooks: { readonly deliveries: Deliveries; readonly secrets: WebhookSecrets };
  /** Favourites of an account: ids of models. */
  readonly favorites: FavoriteStore;
  readonly now: () => number;
  readonly maxUploadBytes: number;
  /** How long uploads are kept, and their links work. */
  readonly uploadLifetimeMs: number;
  /** For files on their way in. */
  readonly temporaryFolder: string;
}

/** What a task's body is made with. */
export type StatusDependencies = Pick<DialectDependencies, 'tasks' | 'links' | 'faces' | 'readPrompt'>;

export interface FavoriteStore {
  list(accountId: string): Promise<ReadonlySet<string>>;
  add(accountId: string, model: string): Promise<void>;
  remove(accountId: string, model: string): Promise<void>;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: object;
}

/** A public API that we speak. */
export interface Dialect {
  readonly api: ApiName;
  /** What people call it. */
  readonly title: string;
  /** Every path of the API begins with it. */
  readonly prefix: string;
  readonly names: ParameterNames;
  /** An error in the API's own envelope, with the HTTP status it has there. */
  errorAnswer(error: ReelayError, requestId: string): ErrorAnswer;
  /** A task as the route that reads one answers it: what its webhook says. */
  statusBody(task: Task, shown: StatusDependencies): JsonObject;
  register(app: FastifyInstance, dependencies: DialectDependencies): void;
  /** Its routes and bodies, for the OpenAPI document. */
  describe(faces: FaceIndex): ApiDescription;
}
