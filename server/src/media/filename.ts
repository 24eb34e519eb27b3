/** Names of files as people gave them, made safe to store, to put into a header and to save under. */

const longestName = 120;
const longestStem = 100;

const extensions: Readonly<Record<string, string>> = { jpeg: 'jpg' };

export function extensionOf(container: string): string {
  return extensions[container] ?? container;
}

function cut(text: string, length: number): string {
  // By code points: half of a surrogate pair is no character.
  return [...text].slice(0, length).join('');
}

/**
 * The last part of a given name without control characters, characters that some system reserves, and leading dots;
 * its extension is what the file really is. At most 120 characters.
 */
export function safeFilename(given: string | undefined, container: string, fallback = 'file'): string {
  const last = (given ?? '').normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = last
    // Control and format characters (the right-to-left override makes `exe.mp4` look like `4pm.exe`), lone surrogates.
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*;%]/g, '_')
    .replace(/^[.\s]+/, '')
    .trimEnd();
  const stem = cut(clean.replace(/\.[A-Za-z0-9]{1,8}$/, ''), longestStem).replace(/[.\s]+$/, '');
  // Windows takes these for devices, whatever their extension.
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(stem);
  const name = `${stem === '' ? fallback : reserved ? `_${stem}` : stem}.${extensionOf(container)}`;
  return name.slice(0, longestName);
}
