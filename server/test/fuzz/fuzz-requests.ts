/**
 * Requests made from the OpenAPI document: right ones, nearly right ones, and ones that no client would send. A seed makes the
 * same requests again.
 */
import fc from 'fast-check';
import { generateSync, type JsonSchema } from 'json-schema-faker';
import { hostileHeaderValues, hostileKeys, hostileSegments, hostileTexts, hostileValues } from './hostile-values.ts';
import type { RawRequest } from './raw-client.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: JsonSchema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

type Schema = Exclude<JsonSchema, boolean>;

export interface FuzzDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface FuzzMaterial {
  readonly document: FuzzDocument;
  /** Values of path parameters that lead somewhere, and some that belong to another account. */
  readonly ids: readonly string[];
  readonly keys: readonly string[];
  /** A small picture, for uploads that work. */
  readonly picture: Buffer;
}

/** Has a task end without a picture being rendered, for a reason that is the client's. */
const failing = '[reelay:moderation]';

/** Nobody listens there, and the test's server may look. */
const closedUrl = 'http://127.0.0.1:9/input.png';

export function fuzzRequests(material: FuzzMaterial): fc.Arbitrary<RawRequest> {
  const { paths } = material.document;
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.constantFrom(...routes).chain(({ path, method, operation }) =>
    fc
      .record({
        method: often(9, fc.constant(method), fc.constantFrom(...oddMethods)),
        target: targetOf(path, operation, material),
        headers: headersOf(operation, material),
        content: often(19, contentOf(operation, material), oddContent),
        framing: often(30, fc.constant(undefined), fc.constantFrom(...framings)),
      })
      .map(({ method, target, headers, content, framing }) => ({
        method,
        target,
        headers: [...headers, ...(content.type === undefined ? [] : [['Content-Type', content.type] as const])],
        body: content.body,
        ...(framing !== undefined && { framing }),
      })),
  );
}

const oddMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'get',
  'G\u0000T',
  'X',
];

const framings = [
  'short-body',
  'long-body',
  'two-lengths',
  'length-and-chunks',
  'bad-chunk',
  'no-host',
  'cut',
] as const;

/** The first as often as said for one of the second. */
function often<A, B>(times: number, usual: fc.Arbitrary<A>, odd: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
  return fc.oneof({ weight: times, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

function targetOf(path: string, operation: Operation, { ids }: FuzzMaterial): fc.Arbitrary<string> {
  const segment = often(1, fc.constantFrom(...ids), fc.constantFrom(...hostileSegments));
  const count = path.split('{').length - 1;
  const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  return fc
    .tuple(
      fc.array(segment, { minLength: count, maxLength: count }),
      queryOf(queries),
      often(19, fc.constant(''), suffix),
    )
    .map(([segments, query, end]) => {
      let index = 0;
      return path.replaceAll(/\{\w+\}/g, () => segments[index++] ?? '') + end + query;
    });
}

const suffix = fc.constantFrom('/', '//', '/..', '/%2e%2e/', ';x', '.json', '%20', '/../../package.json', '\\..\\x');

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const known = parameters.map(({ name, schema }) =>
    often(2, valueFor(schema).map(String), fc.constantFrom(...hostileTexts)).map(
      (value) => `${name}=${encodeURIComponent(value.toWellFormed())}`,
    ),
  );
  const odd = fc.constantFrom(
    '__proto__=1',
    'constructor[prototype][a]=1',
    'limit[]=1',
    'limit=1&limit=2',
    'include=request&include=request',
    'search=%',
    'search=%ff',
    'cursor=%00',
    '=',
    '&&&',
    '%zz=%zz',
    `q=${'x'.repeat(3_000)}`,
    Array.from({ length: 300 }, (_, index) => `a${index}=1`).join('&'),
  );
  const parts = known.length === 0 ? odd : often(4, fc.oneof(...known), odd);
  return often(1, fc.constant([]), fc.array(parts, { maxLength: 4 })).map((list) =>
    list.length === 0 ? '' : `?${list.join('&')}`,
  );
}

function headersOf(operation: Operation, { keys }: FuzzMaterial): fc.Arbitrary<RawRequest['headers']> {
  const authorization = often(
    9,
    fc.constantFrom(...keys).map((key) => `Bearer ${key}`),
    fc.constantFrom('', 'Bearer', 'Bearer x', 'Basic eDp5', 'bearer\t\u0001', `Bearer ${'x'.repeat(5_000)}`),
  ).map((value) => ['Authorization', value] as const);
  const names = [
    ...(operation.parameters ?? []).filter((parameter) => parameter.in === 'header').map(({ name }) => name),
    ...['Accept', 'Accept-Encoding', 'Content-Encoding', 'Cookie', 'Expect', 'Forwarded', 'If-None-Match', 'If-Range'],
    ...['Origin', 'Range', 'Upgrade', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-HTTP-Method-Override', 'X-Request-Id'],
  ];
  const more = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...hostileHeaderValues));
  return fc
    .tuple(
      often(
        19,
        authorization.map((one) => [one]),
        fc.constant([]),
      ),
      often(2, fc.constant([]), fc.array(more, { maxLength: 3 })),
    )
    .map(([first, rest]) => [...first, ...rest]);
}

interface Content {
  readonly type: string | undefined;
  readonly body: Buffer;
}

const nothing: Content = { type: undefined, body: Buffer.alloc(0) };

const oddContent: fc.Arbitrary<Content> = fc
  .tuple(
    fc.constantFrom(
      'application/json',
      'application/json; charset=utf-16',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      'multipart/form-data; boundary=',
      `multipart/form-data; boundary=${'b'.repeat(300)}`,
      'application/json;;;',
      'application/xml',
      '*/*',
      'x',
      '',
    ),
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...brokenJson()).map((text) => Buffer.from(text, 'latin1')),
    ),
  )
  .map(([type, body]) => ({ type, body }));

function brokenJson(): readonly string[] {
  return [
    '{',
    '[',
    '{"model":}',
    '{"model":"a"} x',
    '{"a":1,}',
    '// a\n{}',
    '\u00ef\u00bb\u00bf{"a":1}',
    '{"prompt":"\u00ff\u00fe"}',
    '{"prompt":"\\ud800"}',
    '{"prompt":"\\u0000"}',
    '{"a":1e999}',
    `{"a":${'9'.repeat(400)}}`,
    '['.repeat(20_000),
    `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    '{"__proto__":{"admin":true}}',
    '{"\\u005f_proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"model":"grok-imagine-text-to-video","model":"veo-3.1-lite","prompt":"a [reelay:moderation]","prompt":"b [reelay:moderation]"}',
    'null',
    '"text"',
    '[{}]',
    '1',
  ];
}

function contentOf({ requestBody }: Operation, material: FuzzMaterial): fc.Arbitrary<Content> {
  const [first] = Object.entries(requestBody?.content ?? {});
  if (first === undefined) return fc.constant(nothing);
  const [type, { schema }] = first;
  if (type === 'multipart/form-data') return formOf(material.picture);
  if (type !== 'application/json') return oddContent;
  const schemas = schema.oneOf?.map((one) => schemaAt(one, material.document)) ?? [schema];
  return fc
    .constantFrom(...schemas)
    .chain((one) => often(1, fieldsOf(one), mutated(fieldsOf(one))))
    .map((fields) => ({ type, body: Buffer.from(jsonOf(fields)) }));
}

function schemaAt(one: JsonSchema, { components }: FuzzDocument): Schema {
  const path = typeof one === 'object' ? (one.$ref ?? '') : '';
  const schema = components.schemas[path.split('/').at(-1) ?? ''];
  if (schema === undefined) throw new Error(`the document has no ${path}`);
  return schema;
}

const uris = [closedUrl, 'http://10.0.0.1/a.png', 'data:image/png;base64,iVBORw0KGgo=', 'https://127.0.0.1/a'];

function valueFor(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.nat().map((seed) =>
    generateSync(schema, {
      seed,
      optionalsProbability: 0.4,
      maxLength: 120,
      maxDefaultItems: 3,
      formats: { uri: (random) => random.pick(uris) },
    }),
  );
}

/** Fields of a body, which may have the same name twice, or one that would change an object of ours. */
type Fields = readonly (readonly [name: string, value: unknown])[];

function fieldsOf(schema: JsonSchema): fc.Arbitrary<Fields> {
  return valueFor(schema).map((value) => Object.entries(value as object));
}

/** What would render says instead that it fails: thousands of videos would take days. */
function jsonOf(fields: Fields): string {
  const written = fields.map(([name, value]) => {
    const isPrompt = name === 'prompt' && typeof value === 'string';
    return `${JSON.stringify(name)}:${JSON.stringify(isPrompt ? `${value} ${failing}` : value)}`;
  });
  return `{${written.join(',')}}`;
}

interface Mutation {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'add' | 'repeat' | 'wrap' | 'retype';
  readonly value: unknown;
  readonly key: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 30 }),
  kind: fc.constantFrom('replace', 'remove', 'add', 'repeat', 'wrap', 'retype'),
  value: fc.oneof(fc.constantFrom(...hostileValues), fc.jsonValue({ maxDepth: 4 })),
  key: often(2, fc.constantFrom(...hostileKeys), fc.string({ maxLength: 20 })),
});

function mutated(fields: fc.Arbitrary<Fields>): fc.Arbitrary<Fields> {
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
  return fc.tuple(fields, mutations).map(([right, changes]) => changes.reduce(mutate, right));
}

function mutate(fields: Fields, { at, kind, value, key }: Mutation): Fields {
  const index = fields.length === 0 ? 0 : at % fields.length;
  const change = (to: (old: unknown) => unknown): Fields =>
    fields.map(([name, old], place) => [name, place === index ? to(old) : old]);
  switch (kind) {
    case 'replace':
      return change(() => value);
    case 'remove':
      return fields.filter((_field, place) => place !== index);
    case 'add':
      return [...fields, [key, value]];
    case 'repeat':
      return [...fields, [fields[index]?.[0] ?? key, value]];
    case 'wrap':
      return change((old) => [old]);
    case 'retype':
      return change(String);
    default:
      return kind satisfies never;
  }
}

function formOf(picture: Buffer): fc.Arbitrary<Content> {
  const boundary = 'fuzz-boundary';
  const part = fc.record({
    name: often(
      3,
      fc.constantFrom('file', 'file_name', 'auto_cleanup'),
      fc.constantFrom(...hostileKeys, 'file"; x="y'),
    ),
    filename: often(1, fc.constant(undefined), fc.constantFrom(...hostileTexts)),
    content: fc.oneof(
      fc.constant(picture),
      fc.constant(picture.subarray(0, 30)),
      fc.constantFrom(...hostileTexts).map((text) => Buffer.from(text)),
    ),
    type: fc.constantFrom('image/png', 'application/json', 'text/html', ''),
  });
  const right = { name: 'file', filename: 'a.png', content: picture, type: 'image/png' };
  const parts = often(4, fc.array(part, { maxLength: 4 }), often(1, fc.constant([right]), manyParts));
  return fc.tuple(parts, often(4, fc.constant('--\r\n'), fc.constantFrom('', '\r\n', '-', 'x'))).map(([list, end]) => ({
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      ...list.flatMap(({ name, filename, content, type }) => [
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n${type === '' ? '' : `Content-Type: ${type}\r\n`}\r\n`,
        ),
        content,
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`--${boundary}${end}`),
    ]),
  }));
}

const manyParts = fc.nat({ max: 300 }).map((count) =>
  Array.from({ length: count }, (_, index) => ({
    name: `field${index}`,
    filename: index % 2 === 0 ? undefined : 'x',
    content: Buffer.from('x'),
    type: '',
  })),
);
