import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Guide {
  /** Name of the file without its ending. */
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

/** Where a guide is on the server, without a slash before it. */
export function guidePath({ name }: Guide): string {
  return `docs/guides/${name}.md`;
}

/** The guides that ship with the server, by name. */
export async function readGuides(folder: string): Promise<ReadonlyMap<string, Guide>> {
  const files = await readdir(folder).catch(() => []);
  const names = files.filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -'.md'.length));
  const guides = await Promise.all(
    names.sort().map(async (name): Promise<[string, Guide]> => {
      const text = await readFile(join(folder, `${name}.md`), 'utf8');
      const [, title = name] = /^# (.+)$/m.exec(text) ?? [];
      return [name, { name, title, text }];
    }),
  );
  return new Map(guides);
}
