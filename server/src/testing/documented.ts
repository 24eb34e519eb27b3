import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** An answer of the server, to be held against its OpenAPI document. */
export interface SeenAnswer {
  readonly method: string;
  /** Path of the request, its query left out. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Template {
  readonly path: string;
  readonly pattern: RegExp;
}

/**
 * Holds answers against the document. Stricter than the document is for clients: a field of an answer that is not in its
 * schema is a fault too.
 */
export class DocumentedAnswers {
  readonly #document: OpenApiDocument;
  readonly #templates: readonly Template[];
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addSchema(closed(document) as object, 'document');
    // A path without a parameter goes before one that has it in the same place, as in the router.
    this.#templates = Object.keys(document.paths)
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
      .map((path) => ({ path, pattern: patternOf(path) }));
  }

  /** Throws where the answer is not as documented; answers its route and class, such as `GET /v1/models 2xx`, if it has one. */
  check(seen: SeenAnswer): string | undefined {
    const { method, path, status } = seen;
    const template = this.#templates.find(({ pattern }) => pattern.test(path))?.path;
    const operation = template && this.#document.paths[template]?.[method.toLowerCase()];
    if (!template || !operation) {
      if (status === 404 || status === 308 || method === 'HEAD') return undefined;
      throw new Error(`${method} ${path} answered ${status}, but is not documented`);
    }
    const route = `${method} ${template}`;
    const response = operation.responses[status];
    if (response === undefined) throw new Error(`${route} answered ${status}, which is not documented`);
    this.#checkBody(seen, { route, template, content: response.content ?? {} });
    return `${route} ${Math.floor(status / 100)}xx`;
  }

  #checkBody(
    { method, status, contentType, body }: SeenAnswer,
    about: { readonly route: string; readonly template: string; readonly content: Readonly<Record<string, unknown>> },
  ): void {
    const { route, template, content } = about;
    const types = Object.keys(content);
    const type = contentType.split(';')[0]?.trim() ?? '';
    if (types.length === 0 && (type === '' || body === '')) return;
    const documented = types.find((one) => one === type || one === '*/*');
    if (documented === undefined) throw new Error(`${route} answered ${status} with ${type}, not ${types.join(', ')}`);
    if (documented !== 'application/json') return;
    const steps = [
      'paths',
      template,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      documented,
      'schema',
    ];
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `document#/${pointer}` });
    this.#compiled.set(pointer, validate);
    if (validate(body)) return;
    const faults = (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
    throw new Error(
      `${route} answered ${status} with what is not documented: ${faults.slice(0, 8).join('; ')}\n${JSON.stringify(body).slice(0, 1_000)}`,
    );
  }
}

/** Every route and class that the document promises, such as `GET /v1/models 4xx`. */
export function documentedClasses({ paths }: OpenApiDocument): readonly string[] {
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status[0]}xx`),
    ),
  );
  return [...new Set(all)];
}

function patternOf(path: string): RegExp {
  const parts = path.split(/\{[^}]+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}

/** The document, with every object of an answer closed to what it does not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, closed(inner)] as const);
  const isObject = 'type' in value && value.type === 'object' && 'properties' in value;
  return {
    ...Object.fromEntries(entries),
    ...(isObject && !('additionalProperties' in value) && { additionalProperties: false }),
  };
}
