import { crc32 } from 'node:zlib';

/** Builds and patches the boxes of MP4 files, chunks of PNG and elements of Matroska, right or wrong as an attack needs them. */

export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

export function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** `size` in place of the true one, where given. */
export function box(type: string, content: Uint8Array = Buffer.alloc(0), size = content.length + 8): Buffer {
  return Buffer.concat([u32(size), latin(type), content]);
}

/** A box with a size of 64 bits. */
export function largeBox(type: string, content: Uint8Array, size: bigint): Buffer {
  return Buffer.concat([u32(1), latin(type), u64(size), content]);
}

/** A file with the boxes of `file`, in which `change` has seen the content of each box at `path` (`moov/trak/tkhd`). */
export function patchBoxes(file: Buffer, path: string, change: (content: Buffer) => Uint8Array): Buffer {
  const [name = '', ...rest] = path.split('/');
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= file.length; ) {
    const size = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const content = file.subarray(at + 8, at + size);
    if (type !== name) parts.push(file.subarray(at, at + size));
    else parts.push(box(type, rest.length > 0 ? patchBoxes(content, rest.join('/'), change) : change(content)));
    at += size;
  }
  return Buffer.concat(parts);
}

/** The same for a few bytes of a box. */
export function overwrite(file: Buffer, path: string, offset: number, bytes: Uint8Array): Buffer {
  return patchBoxes(file, path, (content) => {
    const changed = Buffer.from(content);
    changed.set(bytes, offset);
    return changed;
  });
}

export function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([latin(type), data]);
  return Buffer.concat([u32(data.length), named, u32(crc32(named))]);
}

export const pngSignature = latin('\x89PNG\r\n\x1a\n');

export function pngHeader(width: number, height: number): Buffer {
  return chunk('IHDR', Buffer.concat([u32(width, height), Buffer.from([8, 2, 0, 0, 0])]));
}

/** An element of EBML with its size in eight bytes; `size` in place of the true one, where given. */
export function element(id: number, content: Uint8Array, size = BigInt(content.length)): Buffer {
  const digits = id.toString(16);
  return Buffer.concat([
    Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'),
    u64((1n << 56n) | size),
    content,
  ]);
}
