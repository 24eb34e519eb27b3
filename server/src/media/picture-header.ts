import { type Bytes, unreadable } from './file-structure.ts';

/**
 * Reads a picture's size from its header, before anything decodes it, and checks that the file is all there. Decoders
 * paint what is missing grey and call it a success.
 */

export interface PictureSize {
  /** Displayed size in pixels, the orientation that cameras write applied. */
  readonly width: number;
  readonly height: number;
}

export type PictureContainer = 'png' | 'jpeg' | 'webp';

const maximumParts = 100_000;
const incomplete = 'is incomplete: the picture ends before its contents do';
const damaged = 'is damaged: its header cannot be read';

async function readPng(file: Bytes): Promise<PictureSize> {
  const header = await file.read(8, 16);
  if (header.length < 16 || header.toString('latin1', 4, 8) !== 'IHDR') throw unreadable(damaged);
  let position = 8;
  for (let parts = 0; parts < maximumParts; parts += 1) {
    const chunk = await file.read(position, 8);
    if (chunk.length < 8) throw unreadable(incomplete);
    position += 12 + chunk.readUInt32BE(0);
    if (position > file.size) throw unreadable(incomplete);
    if (chunk.toString('latin1', 4, 8) === 'IEND') {
      return { width: header.readUInt32BE(8), height: header.readUInt32BE(12) };
    }
  }
  throw unreadable('is damaged: it has too many parts');
}

/** The Orientation entry of an EXIF block; 1 (upright) where there is none. */
function readOrientation(segment: Buffer): number {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0') return 1;
  const tiff = segment.subarray(6);
  if (tiff.length < 8) return 1;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = u16(directory);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > tiff.length) return 1;
    if (u16(at) === 0x0112) return u16(at + 8);
  }
  return 1;
}

/** Looks for the end marker: entropy-coded data never contains it, thumbnails lie before this point. */
async function hasEndMarker(file: Bytes, from: number): Promise<boolean> {
  const step = 1 << 20;
  for (let position = from; position < file.size; position += step) {
    // One byte of overlap, for a marker across two reads.
    const chunk = await file.read(position, step + 1);
    if (chunk.includes('\xff\xd9', 0, 'latin1')) return true;
  }
  return false;
}

function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

async function readJpeg(file: Bytes): Promise<PictureSize> {
  let size: PictureSize | undefined;
  let orientation = 1;
  let position = 2;
  for (let parts = 0; parts < maximumParts; parts += 1) {
    const header = await file.read(position, 4);
    if (header.length < 4) throw unreadable(incomplete);
    const marker = header[1] ?? 0;
    if (header[0] !== 0xff) throw unreadable(damaged);
    if (marker === 0xff) {
      position += 1;
      continue;
    }
    const length = header.readUInt16BE(2);
    if (isFrameHeader(marker)) {
      const frame = await file.read(position + 4, 5);
      if (frame.length < 5) throw unreadable(incomplete);
      size = { width: frame.readUInt16BE(3), height: frame.readUInt16BE(1) };
    } else if (marker === 0xe1 && orientation === 1) {
      orientation = readOrientation(await file.read(position + 4, length - 2));
    } else if (marker === 0xda) {
      if (!(await hasEndMarker(file, position))) throw unreadable(incomplete);
      break;
    }
    position += 2 + length;
  }
  if (size === undefined) throw unreadable(damaged);
  return orientation >= 5 && orientation <= 8 ? { width: size.height, height: size.width } : size;
}

function readUInt24(buffer: Buffer, at: number): number {
  return buffer.readUIntLE(at, 3);
}

async function readWebp(file: Bytes): Promise<PictureSize> {
  const header = await file.read(0, 30);
  if (header.length < 30 || header.readUInt32LE(4) + 8 > file.size) throw unreadable(incomplete);
  const form = header.toString('latin1', 12, 16);
  if (form === 'VP8 ') {
    return { width: header.readUInt16LE(26) & 0x3fff, height: header.readUInt16LE(28) & 0x3fff };
  }
  if (form === 'VP8L') {
    const bits = header.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (form !== 'VP8X') throw unreadable(damaged);
  if (((header[20] ?? 0) & 2) !== 0) throw unreadable('is an animated WebP; send a still picture');
  return { width: readUInt24(header, 24) + 1, height: readUInt24(header, 27) + 1 };
}

const readers: Readonly<Record<PictureContainer, (file: Bytes) => Promise<PictureSize>>> = {
  png: readPng,
  jpeg: readJpeg,
  webp: readWebp,
};

/** Throws `input_unreadable` where the picture is truncated, damaged or animated. */
export function readPictureSize(file: Bytes, container: PictureContainer): Promise<PictureSize> {
  return readers[container](file);
}
