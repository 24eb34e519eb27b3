/**
 * Says what a file looks like from its first bytes, so that a demuxer can be forced and a person can be told what the
 * URL really answered. Pure; reads no names and no declared types.
 */

export type Sniffed =
  | { readonly kind: 'image'; readonly container: 'png' | 'jpeg' | 'webp'; readonly demuxer: string }
  /** Video or sound: the streams decide. */
  | { readonly kind: 'streams'; readonly container: StreamContainer; readonly demuxer: string }
  /** Media that no model takes. */
  | { readonly kind: 'unsupported'; readonly name: string }
  | { readonly kind: 'not-media'; readonly name: string };

export type StreamContainer = 'mp4' | 'mov' | 'm4a' | 'webm' | 'mkv' | 'mp3' | 'wav' | 'ogg';

/** How many bytes of a file `sniff` wants to see. */
export const sniffBytes = 4_096;

function text(head: Buffer, start: number, end: number): string {
  return head.toString('latin1', start, end);
}

const pictureBrands: Readonly<Record<string, string>> = {
  heic: 'a HEIC picture',
  heix: 'a HEIC picture',
  heim: 'a HEIC picture',
  heis: 'a HEIC picture',
  hevc: 'a HEIC picture sequence',
  mif1: 'a HEIF picture',
  msf1: 'a HEIF picture sequence',
  avif: 'an AVIF picture',
  avis: 'an AVIF picture sequence',
  'crx ': 'a raw photograph',
};

/** Boxes that start an ISO or QuickTime file; only old QuickTime files begin without `ftyp`. */
const quickTimeBoxes: readonly string[] = ['moov', 'mdat', 'wide', 'free', 'skip', 'pnot'];

function sniffBoxes(head: Buffer): Sniffed | undefined {
  const type = text(head, 4, 8);
  if (type === 'ftyp') {
    const brand = text(head, 8, 12);
    const picture = pictureBrands[brand];
    if (picture !== undefined) return { kind: 'unsupported', name: picture };
    const container = brand === 'qt  ' ? 'mov' : /^M4[AB] $/.test(brand) ? 'm4a' : 'mp4';
    return { kind: 'streams', container, demuxer: 'mov' };
  }
  if (quickTimeBoxes.includes(type)) return { kind: 'streams', container: 'mov', demuxer: 'mov' };
  if (type === 'styp' || type === 'moof') return { kind: 'unsupported', name: 'one segment of a streamed video' };
  return undefined;
}

function sniffRiff(head: Buffer): Sniffed | undefined {
  if (text(head, 0, 4) !== 'RIFF') return undefined;
  const form = text(head, 8, 12);
  if (form === 'WEBP') return { kind: 'image', container: 'webp', demuxer: 'webp_pipe' };
  if (form === 'WAVE') return { kind: 'streams', container: 'wav', demuxer: 'wav' };
  return form === 'AVI ' ? { kind: 'unsupported', name: 'an AVI video' } : undefined;
}

function isMpegAudioFrame(head: Buffer): boolean {
  const [first = 0, second = 0, third = 0] = head;
  const isLayer3 = first === 0xff && (second & 0xe6) === 0xe2;
  return isLayer3 && (second & 0x18) !== 0x08 && third >> 4 !== 0xf && ((third >> 2) & 3) !== 3;
}

/** The DocType element (42 82) of an EBML header. */
function isWebm(head: Buffer): boolean {
  const at = head.indexOf(Buffer.from([0x42, 0x82]));
  return at > 0 && at < 64 && text(head, at + 3, at + 7) === 'webm';
}

const signatures: readonly (readonly [bytes: string, found: Sniffed])[] = [
  ['\x89PNG\r\n\x1a\n', { kind: 'image', container: 'png', demuxer: 'png_pipe' }],
  ['\xff\xd8\xff', { kind: 'image', container: 'jpeg', demuxer: 'jpeg_pipe' }],
  ['OggS', { kind: 'streams', container: 'ogg', demuxer: 'ogg' }],
  ['ID3', { kind: 'streams', container: 'mp3', demuxer: 'mp3' }],
  ['GIF8', { kind: 'unsupported', name: 'a GIF picture' }],
  ['BM', { kind: 'unsupported', name: 'a BMP picture' }],
  ['II*\0', { kind: 'unsupported', name: 'a TIFF picture' }],
  ['MM\0*', { kind: 'unsupported', name: 'a TIFF picture' }],
  ['\0\0\0\x0cJXL ', { kind: 'unsupported', name: 'a JPEG XL picture' }],
  ['\xff\x0a', { kind: 'unsupported', name: 'a JPEG XL picture' }],
  ['\0\0\0\x0cjP  ', { kind: 'unsupported', name: 'a JPEG 2000 picture' }],
  ['fLaC', { kind: 'unsupported', name: 'a FLAC sound' }],
  ['FORM', { kind: 'unsupported', name: 'an AIFF sound' }],
  ['FLV\x01', { kind: 'unsupported', name: 'a Flash video' }],
  ['\0\0\x01\xba', { kind: 'unsupported', name: 'an MPEG program stream' }],
  ['\0\0\x01\xb3', { kind: 'unsupported', name: 'an MPEG video stream' }],
  ['0&\xb2u\x8ef\xcf\x11', { kind: 'unsupported', name: 'a Windows Media file' }],
  ['%PDF', { kind: 'not-media', name: 'a PDF document' }],
  ['PK\x03\x04', { kind: 'not-media', name: 'a ZIP archive' }],
  ['\x1f\x8b', { kind: 'not-media', name: 'gzip-compressed data' }],
  ['7z\xbc\xaf', { kind: 'not-media', name: 'a 7z archive' }],
  ['\x7fELF', { kind: 'not-media', name: 'a program' }],
  ['MZ', { kind: 'not-media', name: 'a program' }],
];

const textForms: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^#EXTM3U/, 'an HLS playlist'],
  [/^(ffconcat version|file\s+['"]?[^\n]+\n|file\s+'[^']*'$)/, 'a concat script'],
  [/^v=0\r?\n/, 'an SDP description'],
  [/^\[playlist\]/i, 'a playlist'],
  [/^<MPD[\s>]/, 'a DASH manifest'],
  [/^<(svg|!doctype\s+svg)[\s>]/i, 'an SVG drawing'],
  [/^<(!doctype\s+html|html|head|body|script|title|meta)[\s>]/i, 'an HTML page'],
  [/^</, 'an XML document'],
  [/^[{[]/, 'JSON'],
];

/** The text after an XML declaration and comments. A loop: one pattern for them backtracks without end on a crafted file. */
function withoutPrologue(markup: string): string {
  let rest = markup.trimStart();
  for (;;) {
    const end = rest.startsWith('<?') ? '?>' : rest.startsWith('<!--') ? '-->' : undefined;
    const at = end === undefined ? -1 : rest.indexOf(end);
    if (end === undefined || at < 0) return rest;
    rest = rest.slice(at + end.length).trimStart();
  }
}

function sniffText(head: Buffer): Sniffed | undefined {
  const wide = head[0] === 0xff && head[1] === 0xfe;
  const decoded = head.toString(wide ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
  const start = withoutPrologue(decoded);
  const form = textForms.find(([pattern]) => pattern.test(start));
  const isText = !/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(decoded) && !decoded.slice(0, -3).includes('\uFFFD');
  if (form !== undefined && (isText || start.startsWith('<'))) return { kind: 'not-media', name: form[1] };
  return isText ? { kind: 'not-media', name: 'plain text' } : undefined;
}

export function sniff(head: Buffer): Sniffed {
  if (head.length === 0) return { kind: 'not-media', name: 'an empty file' };
  const found = sniffBoxes(head) ?? sniffRiff(head);
  if (found !== undefined) return found;
  const start = text(head, 0, 16);
  if (start.startsWith('\x1aE\xdf\xa3')) {
    return { kind: 'streams', container: isWebm(head) ? 'webm' : 'mkv', demuxer: 'matroska' };
  }
  const signature = signatures.find(([bytes]) => start.startsWith(bytes));
  // "BM" and "MZ" are also how words begin: text is tried first where a signature is that short.
  if (signature !== undefined && signature[0].length > 2) return signature[1];
  const asText = sniffText(head);
  if (asText !== undefined) return asText;
  if (signature !== undefined) return signature[1];
  if (isMpegAudioFrame(head)) return { kind: 'streams', container: 'mp3', demuxer: 'mp3' };
  if (head[0] === 0x47 && head[188] === 0x47) return { kind: 'unsupported', name: 'an MPEG transport stream' };
  return { kind: 'not-media', name: 'data of an unknown format' };
}
