/**
 * What the two busiest routes cost at least: bare `node:http`, the same check of the key, the same schema of the body,
 * the same SELECT and one INSERT of the same row into the same tables, with group commit and the same sync. No router,
 * no hooks, no error answers, no task logic. A figure near it leaves nothing to gain but the work itself.
 */
import { hash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Keys } from '../server/dist/access/keys.js';
import { loadCatalogue } from '../server/dist/catalogue/catalogue.js';
import { readConfig } from '../server/dist/config.js';
import { openDatabase } from '../server/dist/database/open.js';
import { names } from '../server/dist/dialects/foxapi/names.js';
import { type KeyRow, openFloorStore, type TaskRow } from './floor-store.ts';
import { reportTo } from './measured-process.ts';

/** As long as the server trusts a key that it has checked, in milliseconds. */
const trustMs = 900;

const { dataFolder, databaseUrl, apiKey } = readConfig(process.env);
if (apiKey === undefined) throw new Error('REELAY_API_KEY is not set');
const schema = await openDatabase({ folder: dataFolder, url: databaseUrl });
await new Keys(schema.db, Date.now).create({ key: apiKey });
await schema.close();
const store = openFloorStore(dataFolder, databaseUrl);

const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
const faces = (await loadCatalogue()).faces('foxapi', names).all;
const models = new Map(faces.map((face) => [face.id, { face, validate: ajv.compile(face.schema) }]));

const trusted = new Map<string, { readonly key: KeyRow; readonly until: number }>();

function withKey(request: IncomingMessage, use: (key: KeyRow | undefined) => void): void {
  const keyHash = hash('sha256', (request.headers.authorization ?? '').slice('Bearer '.length));
  const known = trusted.get(keyHash);
  if (known !== undefined && known.until > Date.now()) {
    use(known.key);
    return;
  }
  store.keyOf(keyHash, (key) => {
    if (key !== undefined) trusted.set(keyHash, { key, until: Date.now() + trustMs });
    use(key);
  });
}

function head(row: TaskRow) {
  return {
    id: row.id,
    object: 'video.generation.task',
    type: 'video',
    model: row.requested_model,
    status: 'pending',
    progress: 0,
    created: Math.floor(row.created_at / 1_000),
  };
}

const usage = { credits_reserved: 0, user_group: 'default' };
const info = { can_cancel: true, estimated_time: 45 };

function read(id: string, accountId: string, response: ServerResponse): void {
  store.find(id, accountId, (row) => {
    if (row === undefined) return answer(response, 404);
    const { provider } = row;
    answer(response, 200, { ...head(row), results: null, error: null, usage, task_info: info, provider });
  });
}

function accept(body: string, key: KeyRow, response: ServerResponse): void {
  const { model: id, ...parameters } = JSON.parse(body) as Record<string, unknown>;
  const model = models.get(String(id));
  if (model === undefined || !model.validate(parameters)) answer(response, 422);
  else {
    const row = newRow(model.face, parameters, key);
    store.add(row, () => answer(response, 200, { ...head(row), task_info: info, usage }));
  }
}

function newRow({ id, model }: (typeof faces)[number], parameters: Record<string, unknown>, key: KeyRow) {
  const { prompt, duration: durationSeconds, aspect_ratio: aspectRatio, resolution } = parameters;
  const given = { prompt, durationSeconds, aspectRatio, resolution };
  const at = Date.now();
  return {
    id: `task-unified-${Math.floor(at / 1_000)}-${randomBytes(4).toString('hex')}`,
    account_id: key.account_id,
    key_id: key.id,
    api: 'foxapi',
    model: model.id,
    requested_model: id,
    operation: model.operation,
    request: JSON.stringify({ operation: model.operation, ...given, inputs: [], options: {} }),
    parameters: JSON.stringify(parameters),
    provider: 'local',
    provider_asked: 0,
    state: 'queued',
    seq: 1,
    progress: 0,
    warnings: '[]',
    phase: '{}',
    attempt_id: null,
    due_at: at,
    created_at: at,
    started_at: null,
    completed_at: null,
    cancel_requested_at: null,
    estimated_cost_micros: 0,
    prompt_text: String(prompt).normalize('NFKC').toLowerCase(),
  };
}

function answer(response: ServerResponse, status: number, body: object = {}): void {
  const json = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(json),
  });
  response.end(json);
}

const server = createServer((request, response) => {
  const { method, url = '' } = request;
  withKey(request, (key) => {
    if (key === undefined) return answer(response, 401);
    if (method === 'GET') return read(url.slice('/v1/tasks/'.length), key.account_id, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => accept(Buffer.concat(chunks).toString(), key, response));
  });
});
server.listen(0, '127.0.0.1', () => {
  reportTo(process, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
