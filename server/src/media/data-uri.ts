import { ReelayError } from '../errors.ts';
import { tooLarge } from './too-large.ts';

/** `data:` URIs with base64 media. The declared type is checked for form only: the bytes say what the file is. */

const headerPattern = /^data:(?:image|video|audio)\/[a-z0-9.+-]{1,80}(?:;[a-z0-9-]{1,40}=[^;,]{0,80})*;base64,/i;
const longestHeader = 400;

export function isDataUri(text: string): boolean {
  return /^\s{0,8}data:/i.test(text);
}

function payloadOf(text: string): string {
  const trimmed = text.trim();
  const header = headerPattern.exec(trimmed.slice(0, longestHeader));
  if (header === null) {
    throw new ReelayError(
      'invalid_url',
      'is a data URI that does not start with an image, video or audio type and ;base64, (data:image/png;base64,…)',
    );
  }
  return trimmed.slice(header[0].length);
}

/** Throws `invalid_url` unless the text is a base64 data URI of an image, a video or a sound. */
export function checkDataUri(text: string): void {
  const payload = payloadOf(text);
  // A search for the first bad character: a pattern over the whole payload could exhaust the backtracking stack.
  if (payload === '' || /[^A-Za-z0-9+/=\s]/.test(payload) || /=\s*[^=\s]/.test(payload)) {
    throw new ReelayError('invalid_url', 'is a data URI whose base64 is empty or malformed');
  }
}

/** The bytes of a data URI. Throws `invalid_url`, or `input_too_large` above `maxBytes`. */
export function decodeDataUri(text: string, maxBytes: number): Buffer {
  checkDataUri(text);
  const bytes = Buffer.from(payloadOf(text), 'base64');
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}
