import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Face, loadCatalogue } from '../../catalogue/catalogue.ts';
import { readParameters } from '../../catalogue/read-parameters.ts';
import type { JsonObject } from '../../contract/index.ts';
import { names as foxapiNames } from '../../dialects/foxapi/names.ts';
import { names as oxenNames } from '../../dialects/oxen/names.ts';
import { bashJson, pythonLiteral, typescriptLiteral } from './literals.ts';
import { modesOf, routeOf } from './routes.ts';
import { type SnippetDepth, snippet, snippetBody, snippetChoices, snippetDepths, snippetLanguages } from './snippet.ts';

const catalogue = await loadCatalogue();
const faces = [...catalogue.faces('foxapi', foxapiNames).all, ...catalogue.faces('oxen', oxenNames).all];
const baseUrl = 'http://127.0.0.1:8080';

const modelOf = ({ id, schema }: Face) => ({ modelId: id, schema });

function faceOf(api: Face['api'], id: string): Face {
  const face = faces.find((one) => one.api === api && one.id === id);
  if (face === undefined) throw new Error(`${api} has no ${id}`);
  return face;
}

function bodyOf(depth: SnippetDepth, face: Face): JsonObject {
  return snippetBody(depth, modelOf(face));
}

describe.each(['Minimal', 'All parameters'] as const)('%s', (depth) => {
  test.each(faces.map((face) => [face.api, face.id, face] as const))(
    'the body for %s %s is taken',
    (_api, _id, face) => {
      const { model, ...parameters } = bodyOf(depth, face);
      expect(model).toBe(face.id);
      expect(readParameters(face, parameters)).toMatchObject({ ok: true });
    },
  );
});

describe('bodies', () => {
  test('Minimal has what is required, and nothing else', () => {
    for (const face of faces) {
      const required = face.parameters.filter((parameter) => parameter.required).map(({ name }) => name);
      expect(Object.keys(bodyOf('Minimal', face))).toEqual(['model', ...required]);
    }
  });

  test('All parameters has every one where none gets into the way of another', () => {
    for (const face of faces.filter(({ rules }) => rules.length === 0)) {
      const all = face.parameters.map(({ name }) => name);
      expect(Object.keys(bodyOf('All parameters', face))).toEqual(['model', ...all]);
    }
  });

  test('what has to be absent beside the others is left out', () => {
    const body = bodyOf('All parameters', faceOf('foxapi', 'veo-3.1'));
    expect(body).toMatchObject({ generation_type: 'text-to-video', seed: 42 });
    expect(Object.keys(body)).not.toContain('image_urls');
    expect(Object.keys(body)).not.toContain('reference_type');
  });

  test('a rule changes a value that another does not go with, and asks for one that it needs', () => {
    const schema = {
      properties: {
        mode: { enum: ['references', 'text'], default: 'references' },
        duration: { type: 'integer', enum: [4, 8], default: 4 },
        images: { type: 'array', items: { type: 'string', format: 'uri' }, minItems: 0, maxItems: 5 },
        tone: { enum: ['warm', 'cold'] },
      },
      required: ['mode', 'duration'],
      allOf: [
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        { if: { properties: { mode: { enum: ['text'] } } }, then: { not: { required: ['tone'] } } },
        {
          if: { properties: { mode: { enum: ['references'] } } },
          // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
          then: { properties: { duration: { enum: [8] }, images: { minItems: 3, maxItems: 4 } }, required: ['images'] },
        },
      ],
    };
    const { images, ...rest } = snippetBody('All parameters', { modelId: 'm', schema });
    expect(rest).toEqual({ model: 'm', mode: 'references', duration: 8, tone: 'warm' });
    expect(images).toHaveLength(3);
    expect(snippetBody('Minimal', { modelId: 'm', schema })).toMatchObject({ duration: 8, images });
  });

  test('pictures are taken in their order', () => {
    const media = { pictures: ['a.jpg', 'b.jpg'], video: 'c.mp4' } as const;
    const body = (id: string) => snippetBody('Minimal', { ...modelOf(faceOf('foxapi', id)), media });
    expect(body('veo-3.1-first-last-frame-to-video')).toMatchObject({
      first_image_url: 'a.jpg',
      last_image_url: 'b.jpg',
    });
    expect(body('veo-3.1-reference-to-video')).toMatchObject({ reference_image_urls: ['a.jpg', 'b.jpg'] });
    expect(body('grok-imagine-edit-video')).toMatchObject({ video_url: 'c.mp4' });
  });

  test('values of the caller keep to the order of the form, and nothing is added', () => {
    const face = faceOf('foxapi', 'grok-imagine-text-to-video');
    const values = { resolution: '480p', other: 1, prompt: 'x' };
    const text = JSON.stringify(snippetBody('Your values', { ...modelOf(face), values }));
    expect(text).toBe('{"model":"grok-imagine-text-to-video","prompt":"x","resolution":"480p","other":1}');
  });
});

test('all of it runs in a browser: nothing is imported but its own files and types of the contract', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));
  const imports = files.flatMap((name) =>
    [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/^(?:import|export) .*from '([^']+)';$/gm)]
      .map(([line, target = '']) => ({ line, target }))
      // What stands in a template is the reader's.
      .filter(({ target }) => !(name === 'typescript.ts' && target.startsWith('node:'))),
  );
  const foreign = imports.filter(({ target }) => !target.startsWith('./'));
  expect(imports.length).toBeGreaterThan(foreign.length);
  for (const { line } of foreign) expect(line).toMatch(/^import type .*'\.\.\/\.\.\/contract\/index\.ts';$/);
});

describe('what there is', () => {
  test('depends on the API and on the parameters', () => {
    const schema = { properties: { prompt: { type: 'string', 'x-placeholder': 'x' } }, required: ['prompt'] };
    const choices = (values?: JsonObject) =>
      snippetChoices('foxapi', { modelId: 'm', schema, ...(values && { values }) }).depths;
    expect(choices()).toEqual(['Minimal']);
    expect(choices({ prompt: 'x' })).toEqual(['Minimal']);
    expect(choices({ prompt: 'y' })).toEqual(['Minimal', 'Your values']);
    expect(snippetChoices('oxen', { modelId: 'm', schema })).toEqual({
      modes: ['Sync', 'Async', 'Async with SSE', 'Webhook'],
      depths: ['Minimal'],
      languages: ['cURL', 'Python', 'TypeScript'],
    });
  });

  test('a mode that an API does not have is refused', () => {
    expect(() => routeOf('foxapi', 'Sync')).toThrow('foxapi has no mode Sync');
  });
});

/** A text of every kind that means something to a shell, to Python or to TypeScript. */
const awkward: JsonObject = {
  prompt: `It's "5 o'clock" \\ $HOME \`id\` $(id) \${x} {y} %s !! \n\t\u0000\u2028 é 🎬 '\\'' """ *`,
  'key with "both" \'quotes\'': true,
  off: false,
  none: null,
  numbers: [0, -1.5, 1e21],
  empty: { list: [], object: {} },
};

const random = fc.sample(fc.string({ unit: 'binary', maxLength: 20 }), { numRuns: 300, seed: 7 });

describe('literals are read as what they were', () => {
  const value = { ...awkward, random };
  const read = (command: string, ...args: string[]) => {
    const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as unknown;
  };

  test('by bash', () => {
    expect(read('bash', '-c', `printf %s '${bashJson(value)}'`)).toEqual(value);
  });

  test('by Python', () => {
    const code = `import json\nprint(json.dumps(${pythonLiteral(value, 0)}))`;
    expect(read('python3', '-c', code)).toEqual(value);
  });

  test('by Node', () => {
    expect(read(process.execPath, '-e', `console.log(JSON.stringify(${typescriptLiteral(value, 0)}))`)).toEqual(value);
  });
});

describe('programs', () => {
  const snippets = faces.flatMap((face) =>
    modesOf[face.api].flatMap((mode) =>
      snippetChoices(face.api, modelOf(face)).depths.flatMap((depth) =>
        snippetLanguages.map((language) => ({
          ...{ face, mode, depth },
          ...snippet({ api: face.api, mode, depth, language, baseUrl, ...modelOf(face) }),
        })),
      ),
    ),
  );
  const inLanguage = (language: string) => snippets.filter((one) => one.language === language);

  test('cURL sends the body as it is, and Bash can read every one', () => {
    for (const { face, mode, depth, text } of inLanguage('bash')) {
      const [, json = ''] = /-d '([\s\S]*?)'\)/.exec(text) ?? [];
      expect(JSON.parse(json.replaceAll(String.raw`'\''`, "'"))).toEqual({
        ...bodyOf(depth, face),
        ...(mode === 'Webhook' && { callback_url: 'https://your-app.example.com/reelay' }),
      });
    }
    const all = inLanguage('bash')
      .map(({ text }) => text)
      .join('\n');
    expect(spawnSync('bash', ['-n'], { input: all, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('Python can read every one', () => {
    const code = 'import json, sys\nfor text in json.load(sys.stdin): compile(text, "snippet", "exec")';
    const input = JSON.stringify(inLanguage('python').map(({ text }) => text));
    expect(spawnSync('python3', ['-c', code], { input, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('TypeScript at its strictest finds nothing in them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reelay-snippet-types-'));
    const packages = join(import.meta.dirname, '../../../../node_modules');
    try {
      await symlink(packages, join(folder, 'node_modules'));
      const options = {
        ...{ target: 'es2024', module: 'nodenext', types: ['node'], noEmit: true, erasableSyntaxOnly: true },
        ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noUnusedLocals: true },
        ...{ isolatedModules: true, verbatimModuleSyntax: true },
      };
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
      const programs = inLanguage('typescript');
      expect(programs.map(({ text }) => text).filter((text) => /\bany\b/.test(text))).toEqual([]);
      await Promise.all(programs.map(({ text }, index) => writeFile(join(folder, `program-${index}.ts`), text)));
      await promisify(execFile)(process.execPath, [join(packages, 'typescript/bin/tsc'), '-p', folder]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('an address cannot leave its place in the code', () => {
    const texts = snippetDepths.flatMap((depth) =>
      snippetLanguages.map(
        (language) =>
          snippet({
            ...{ api: 'oxen' as const, mode: 'Sync' as const, depth, language },
            ...{ baseUrl: 'https://a.example/x"\'`$(id)\\//', ...modelOf(faceOf('oxen', 'google-veo-3-1')) },
          }).text,
      ),
    );
    for (const text of texts) {
      expect(text).toContain('https://a.example/x%22%27%60%24%28id%29%5C/api/ai/videos/generate');
    }
  });
});
