/**
 * Photos say which way up they are in an EXIF tag. FFmpeg 5.1 turns videos by itself but leaves photos lying, and newer
 * versions turn some of them; so pictures are decoded with -noautorotate and turned here.
 */
import { open } from 'node:fs/promises';
import type { RenderInput } from '../job.ts';

/** EXIF stands near the start of a file; one segment is at most 64 KiB. */
const SEARCHED_BYTES = 192 * 1024;
const EXIF_MARK = Buffer.from('Exif\0\0');
const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

/** The eight orientations of the EXIF standard as filters that undo them. */
const TURNS: Readonly<Record<number, string>> = {
  2: 'hflip',
  3: 'hflip,vflip',
  4: 'vflip',
  5: 'transpose=0',
  6: 'transpose=1',
  7: 'transpose=3',
  8: 'transpose=2',
};

/** The orientation from the bytes of a JPEG; 1, upright, where it has none or a broken one. */
export function readOrientation(bytes: Buffer): number {
  const mark = bytes.indexOf(EXIF_MARK);
  if (mark < 0) return 1;
  const tiff = bytes.subarray(mark + EXIF_MARK.length);
  if (tiff.length < 16) return 1;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const read16 = (offset: number) => (little ? tiff.readUInt16LE(offset) : tiff.readUInt16BE(offset));
  const read32 = (offset: number) => (little ? tiff.readUInt32LE(offset) : tiff.readUInt32BE(offset));
  const directory = read32(4);
  if (directory + 2 > tiff.length) return 1;
  const entries = read16(directory);
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > tiff.length) return 1;
    if (read16(entry) === ORIENTATION_TAG) return read16(entry + 8);
  }
  return 1;
}

async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(SEARCHED_BYTES), 0, SEARCHED_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

/** `filter` with the turn before it that sets a photo upright. */
export async function pictureFilter(input: Pick<RenderInput, 'path' | 'demuxer'>, filter: string): Promise<string> {
  if (input.demuxer !== 'jpeg_pipe' && input.demuxer !== 'mjpeg') return filter;
  const turn = TURNS[readOrientation(await readStart(input.path))];
  return turn === undefined ? filter : `${turn},${filter}`;
}
