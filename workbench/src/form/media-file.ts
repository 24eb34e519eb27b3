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

export const accepted: Readonly<Record<MediaKind, { readonly types: string; readonly names: string }>> = {
  video: { types: 'video/mp4,video/quicktime,video/webm,video/x-matroska,.mkv', names: 'MP4, MOV, WebM or Matroska' },
  image: { types: 'image/png,image/jpeg,image/webp', names: 'PNG, JPEG or WebP' },
};

/** The file's container, or why the field does not take it. Names and declared types are not asked. */
export async function checkFile(
  file: File,
  kind: MediaKind,
): Promise<{ readonly container: string } | { readonly fault: string }> {
  if (file.size === 0) return { fault: `${file.name} is empty.` };
  const form = await formOf(file);
  const noun = kind === 'video' ? 'video' : 'picture';
  if (form?.kind === kind) return { container: form.container };
  const is =
    form === undefined ? 'is not' : `is ${{ video: 'a video', image: 'a picture', audio: 'sound' }[form.kind]}, not`;
  return { fault: `${file.name} ${is} a ${noun} that this takes: ${accepted[kind].names}.` };
}
