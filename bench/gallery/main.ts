/** `npm run gallery`: renders every effect and scene from our own pictures into one page. */
import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RenderInput } from '@reelay/renderer';
import { type Entry, entries, shownBeforeAfter, sources } from './entries.ts';
import { sheetOf, toHtml, toMarkdown, videoOf } from './page.ts';
import { renderClip, writeBeforeAfter, writeFrame, writeSheet } from './render-clip.ts';

const usage = `Usage: npm run gallery -- [--folder PATH] [--only TEXT] [--docs]

Renders clips of three seconds at 480p, several minutes in all, and lays frames of each side by side.

  --folder PATH  where the page is written (default ./reelay-gallery)
  --only TEXT    renders only the prompts with TEXT in them
  --docs         also writes the pictures that the repository keeps, into docs/gallery
`;

const seconds = 3;
const size = { width: 854, height: 480 };
const sheetShape = { count: 4, width: 316 };
const docs = join(import.meta.dirname, '..', '..', 'docs', 'gallery');

interface Source {
  readonly video: RenderInput;
  readonly picture: RenderInput;
}

async function makeSource(folder: string, { name, prompt }: (typeof sources)[number]): Promise<Source> {
  const path = join(folder, videoOf(name));
  const shape = { resolution: '480p', aspectRatio: '16:9' } as const;
  const job = { operation: 'text-to-video', prompt, inputs: [], ...shape, durationSeconds: seconds } as const;
  const frames = await renderClip({ ...job, outputPath: path });
  await writeSheet({ video: path, frames, ...sheetShape, path: join(folder, sheetOf(name)) });
  // Pictures are larger than the clips that are made from them, as a user's are.
  const still = join(folder, `${name}-picture.mp4`);
  await renderClip({ ...job, resolution: '1080p', durationSeconds: 1.5, outputPath: still });
  const picture = join(folder, `${name}.png`);
  await writeFrame(still, picture);
  return {
    video: { role: 'video', path, demuxer: 'mov', ...size, durationSeconds: seconds, hasAudio: true },
    picture: { role: 'image', path: picture, demuxer: 'png_pipe', width: 1920, height: 1080 },
  };
}

function inputsOf({ operation, from }: Entry, made: ReadonlyMap<string, Source>): readonly RenderInput[] {
  return from.flatMap((name) => {
    const source = made.get(name);
    if (source === undefined) throw new Error(`There is no source clip "${name}".`);
    if (operation === 'edit' || operation === 'extend') return [source.video];
    return [operation === 'image-to-video' ? source.picture : { ...source.picture, role: 'reference' as const }];
  });
}

async function makeEntry(folder: string, entry: Entry, made: ReadonlyMap<string, Source>): Promise<void> {
  const path = join(folder, videoOf(entry.name));
  const resolution = entry.operation === 'edit' || entry.operation === 'extend' ? 'auto' : '480p';
  const frames = await renderClip({
    ...{ operation: entry.operation, prompt: entry.prompt, inputs: inputsOf(entry, made), resolution },
    ...{ aspectRatio: entry.from.length > 0 ? 'auto' : '16:9', durationSeconds: seconds, outputPath: path },
  });
  await writeSheet({ video: path, frames, ...sheetShape, path: join(folder, sheetOf(entry.name)) });
}

/** What only the renders needed. */
async function tidy(folder: string): Promise<void> {
  const names = await readdir(folder);
  const left = names.filter((name) => /\.json$|-work$|-picture\.mp4$|\.png$/.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true })));
}

async function writeDocs(folder: string, shown: readonly Entry[]): Promise<number> {
  await rm(docs, { recursive: true, force: true });
  await mkdir(docs, { recursive: true });
  await writeFile(join(docs, 'README.md'), toMarkdown(sources, shown));
  let bytes = 0;
  for (const { name } of [...sources, ...shown]) {
    await copyFile(join(folder, sheetOf(name)), join(docs, sheetOf(name)));
    bytes += (await stat(join(docs, sheetOf(name)))).size;
  }
  await writeBeforeAfter({
    sheets: shownBeforeAfter.flat().map((name) => join(folder, sheetOf(name))),
    columns: shownBeforeAfter[0]?.length ?? 1,
    width: sheetShape.width,
    path: join(docs, 'before-after.jpg'),
  });
  return bytes;
}

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: 'reelay-gallery' },
    only: { type: 'string', default: '' },
    docs: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) process.stdout.write(usage);
else {
  const folder = resolve(values.folder);
  await mkdir(folder, { recursive: true });
  const made = new Map<string, Source>();
  for (const source of sources) made.set(source.name, await makeSource(folder, source));
  const shown = entries.filter(({ prompt }) => prompt.toLowerCase().includes(values.only.toLowerCase()));
  for (const [index, entry] of shown.entries()) {
    await makeEntry(folder, entry, made);
    process.stderr.write(`${index + 1} of ${shown.length}: ${entry.prompt}\n`);
  }
  await tidy(folder);
  await writeFile(join(folder, 'index.html'), toHtml(shown));
  // Only a whole gallery has all the pictures that the documents show.
  if (values.docs && shown.length === entries.length)
    process.stderr.write(`docs/gallery: ${Math.round((await writeDocs(folder, shown)) / 1_000)} kB\n`);
  process.stdout.write(`${join(folder, 'index.html')}\n`);
}
