import type { Property } from '../api.ts';
import { isVideo } from './faults.ts';
import type { MediaKind } from './media-facts.ts';

/** What the first bytes of a file say that it is. */
interface FileForm {
  readonly kind: MediaKind | 'audio';
  readonly container: string;
}

const headLength = 64;

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.slice(from, to));
}

async function formOf(file: File): Promise<FileForm | undefined> {
  const bytes = new Uint8Array(await file.slice(0, headLength).arrayBuffer());
  const begins = (...values: readonly number[]) => values.every((value, index) => bytes[index] === value);
  if (begins(0x89, 0x50, 0x4e, 0x47)) return { kind: 'image', container: 'png' };
  if (begins(0xff, 0xd8, 0xff)) return { kind: 'image', container: 'jpeg' };
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP') return { kind: 'image', container: 'webp' };
  if (begins(0x1a, 0x45, 0xdf, 0xa3)) return { kind: 'video', container: file.name.endsWith('.mkv') ? 'mkv' : 'webm' };
  if (text(bytes, 4, 8) === 'ftyp') {
    const brand = text(bytes, 8, 12);
    if (brand.startsWith('M4A')) return { kind: 'audio', container: 'm4a' };
    if (!/^(avif|avis|heic|heix|mif1)/.test(brand))
      return { kind: 'video', container: brand === 'qt  ' ? 'mov' : 'mp4' };
  }
  return undefined;
}

/** What a file dialog may offer, and how people call it. */
const containers: Readonly<
  Record<MediaKind, Readonly<Record<string, { readonly type: string; readonly name: string }>>>
> = {
  video: {
    mp4: { type: 'video/mp4', name: 'MP4' },
    mov: { type: 'video/quicktime', name: 'MOV' },
    webm: { type: 'video/webm', name: 'WebM' },
    mkv: { type: 'video/x-matroska,.mkv', name: 'Matroska' },
  },
  image: {
    png: { type: 'image/png', name: 'PNG' },
    jpeg: { type: 'image/jpeg', name: 'JPEG' },
    webp: { type: 'image/webp', name: 'WebP' },
  },
};

export interface Accepted {
  readonly kind: MediaKind;
  readonly containers: readonly string[];
  /** For the `accept` of a file input. */
  readonly types: string;
  readonly names: string;
}

/** The files that a field takes: all that the server reads, or fewer where the model's rules say so. */
export function acceptedFiles(property: Property): Accepted {
  const kind: MediaKind = isVideo(property) ? 'video' : 'image';
  const allowed = property['x-media-rules']?.require?.containers;
  const taken = Object.entries(containers[kind]).filter(([container]) => allowed?.includes(container) ?? true);
  const names = taken.map(([, { name }]) => name);
  return {
    kind,
    containers: taken.map(([container]) => container),
    types: taken.map(([, { type }]) => type).join(','),
    names: [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or '),
  };
}

/** The file's container, or why the field does not take it. Names and declared types are not asked. */
export async function checkFile(
  file: File,
  { kind, containers: taken, names }: Accepted,
): Promise<{ readonly container: string } | { readonly fault: string }> {
  if (file.size === 0) return { fault: `${file.name} is empty.` };
  const form = await formOf(file);
  const noun = kind === 'video' ? 'video' : 'picture';
  if (form?.kind === kind && taken.includes(form.container)) return { container: form.container };
  const is = form === undefined ? 'is not' : `is ${formName(form)}, not`;
  return { fault: `${file.name} ${is} a ${noun} that this takes: ${names}.` };
}

function formName({ kind, container }: FileForm): string {
  if (kind === 'audio') return 'sound';
  return `${kind === 'video' ? 'a video' : 'a picture'} (${containers[kind][container]?.name ?? container})`;
}
