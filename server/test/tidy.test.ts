import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errors } from '../src/errors.ts';

const root = join(import.meta.dirname, '..', '..');
const sources = ['server/src', 'renderer/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('__fixtures__'))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') })),
);
const code = sources.filter(({ path }) => !path.endsWith('.test.ts') && !path.includes('/testing/'));
const server = code.filter(({ path }) => path.startsWith('server/src/'));

/** What each folder of the server may import from beside itself. Everything may import `contract` and `errors`. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  errors: [],
  log: [],
  catalogue: [],
  database: [],
  access: ['database'],
  media: ['database'],
  webhooks: ['database', 'media'],
  providers: [],
  tasks: ['database', 'media', 'access', 'log', 'webhooks'],
  dialects: ['tasks', 'catalogue', 'media', 'access', 'webhooks'],
  metrics: ['database', 'media', 'tasks', 'webhooks'],
  admin: ['access', 'catalogue', 'dialects', 'tasks'],
  docs: ['admin', 'dialects', 'catalogue'],
  health: ['database', 'media'],
  http: ['access', 'admin', 'database', 'health', 'dialects', 'docs', 'catalogue', 'log', 'media', 'tasks'],
  config: ['access', 'media'],
  main: [
    'access',
    'catalogue',
    'config',
    'database',
    'dialects',
    'health',
    'http',
    'media',
    'metrics',
    'providers',
    'tasks',
    'webhooks',
  ],
  // The emulators of `testing` are a command as well.
  cli: [
    'access',
    'catalogue',
    'config',
    'database',
    'dialects',
    'health',
    'log',
    'main',
    'media',
    'providers',
    'tasks',
    'testing',
    'webhooks',
  ],
};

/** `server/src/tasks/store.ts` is in `tasks`, `server/src/config.ts` in `config`. */
function roomOf(path: string): string {
  return (relative('server/src', path).split('/')[0] ?? '').replace(/\.ts$/, '');
}

function importsOf({ path, text }: { readonly path: string; readonly text: string }): readonly string[] {
  return [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => join(path, '..', match[1] ?? ''));
}

describe('imports point one way', () => {
  test('between the rooms of the house', () => {
    const offences = server.flatMap((file) => {
      const room = roomOf(file.path);
      const allowed = new Set([room, 'contract', 'errors', ...(mayImport[room] ?? [])]);
      if (mayImport[room] === undefined) return [`${file.path} is in no room of the plan`];
      return importsOf(file)
        .filter((target) => !allowed.has(roomOf(target)))
        .map((target) => `${file.path} → ${target}`);
    });
    expect(offences).toEqual([]);
  });

  test.each(['dialects', 'providers'])('%s do not know each other', (room) => {
    const folderOf = (path: string) =>
      path.startsWith(`server/src/${room}/`) && path.split('/').length > 4 ? path.split('/')[3] : undefined;
    const offences = server.flatMap((file) => {
      const own = folderOf(file.path);
      const foreign = (target: string) => folderOf(target) !== undefined && folderOf(target) !== own;
      return own === undefined
        ? []
        : importsOf(file)
            .filter(foreign)
            .map((target) => `${file.path} → ${target}`);
    });
    expect(offences).toEqual([]);
  });
});

describe('names', () => {
  test('files are kebab-case and say what they are', () => {
    const paths = sources.map(({ path }) => path);
    expect(paths.filter((path) => !/^[a-z0-9.]+(-[a-z0-9.]+)*\.ts$/.test(path.split('/').at(-1) ?? ''))).toEqual([]);
    expect(paths.filter((path) => /\b(utils?|helpers?|managers?|common|misc)\b/.test(path))).toEqual([]);
  });

  test('a provider is named in its own folder, in the catalogue and on one line of the registry', () => {
    const folders = readdirSync(join(root, 'server/src/providers'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const offences = folders.flatMap(({ name }) =>
      server
        .filter(
          ({ path }) =>
            !path.startsWith(`server/src/providers/${name}/`) &&
            path !== 'server/src/providers/registry.ts' &&
            roomOf(path) !== 'catalogue',
        )
        .filter(({ text }) => new RegExp(`['"\`]${name}['"\`]`).test(text))
        .map(({ path }) => `${path} knows ${name}`),
    );
    expect(folders.length).toBeGreaterThan(0);
    expect(offences).toEqual([]);
  });
});

test('files are at most 400 lines; tables and commented state machines may be longer', () => {
  const longer = new Set(['renderer/src/prompt/lexicon.ts']);
  const long = code.filter(({ path, text }) => !longer.has(path) && text.split('\n').length > 401);
  expect(long.map(({ path }) => path)).toEqual([]);
});

describe('documents', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');

  test('docs/errors.md lists the registry, no more and no less', () => {
    const listed = [...read('docs/errors.md').matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (yes|no) \|/gm)];
    const documented = Object.fromEntries(
      listed.map(([, code, status, retryable]) => [code, [Number(status), retryable]]),
    );
    const registered = Object.fromEntries(
      Object.entries(errors).map(([code, { status, retryable }]) => [code, [status, retryable ? 'yes' : 'no']]),
    );
    expect(documented).toEqual(registered);
  });

  test('README.md lists every setting, no more and no less', () => {
    const settings = new Set(
      [...read('server/src/config.ts').matchAll(/^ {2}([A-Z][A-Z\d_]+): Type\./gm)].map((match) => match[1]),
    );
    const documented = new Set([...read('README.md').matchAll(/^\| `([A-Z][A-Z\d_]+)`/gm)].map((match) => match[1]));
    expect(documented).toEqual(settings);
  });

  test('README.md lists every command, no more and no less', () => {
    const commands = [...read('server/src/cli/tool.ts').matchAll(/^ {2}'?([a-z ]+)'?: async/gm)].map(
      ([, name]) => name,
    );
    const [, table = ''] = /^## The command line\n(.*?)^## /ms.exec(read('README.md')) ?? [];
    const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names = '']) =>
      names.replaceAll('`', '').split(', '),
    );
    expect(cells.toSorted()).toEqual(commands.toSorted());
  });

  test('README.md lists every model, no more and no less', () => {
    const models = readdirSync(join(root, 'server/src/catalogue/models')).map((file) => file.replace(/\.ts$/, ''));
    const [, table = ''] = /^## Models\n(.*?)^## /ms.exec(read('README.md')) ?? [];
    const rows = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, ids = '']) => ids);
    const documented = rows.flatMap((ids) => ids.replaceAll('`', '').split(', '));
    expect(documented.toSorted()).toEqual(models.toSorted());
    expect(read('README.md')).toContain(`[${models.length} models]`);
  });

  test('docs/security.md names tests that exist', () => {
    const named = [...read('docs/security.md').matchAll(/\]\(\.\.\/([\w./-]+\.test\.ts)\): ([^|[]+)/g)];
    expect(named.length).toBeGreaterThan(30);
    const missing = named.flatMap(([, path = '', names = '']) => {
      const text = read(path);
      const each = names.split(';').map((name) => name.trim());
      return each.filter((name) => name !== '' && !text.includes(name)).map((name) => `${path}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  test('links between documents lead somewhere', () => {
    const documents = [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
    ];
    for (const document of documents.filter((name) => name.endsWith('.md'))) {
      for (const [, link = ''] of read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(() => readFileSync(join(root, document, '..', link)), `${document} → ${link}`).not.toThrow(/ENOENT/);
      }
    }
  });
});

test('nothing is left unfinished', () => {
  const words = /\b(TODO|FIXME|XXX|HACK)\b|not implemented/;
  expect(code.filter(({ text }) => words.test(text)).map(({ path }) => path)).toEqual([]);
});
