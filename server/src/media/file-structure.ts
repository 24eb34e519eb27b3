import { ReelayError } from '../errors.ts';

/**
 * Walks the outermost boxes of a video file to see whether it is all there. FFmpeg is no judge of that: it reads the
 * index at the front of a truncated MP4 and reports the length the whole file would have had.
 */

/** Random access to a file's bytes; fewer come back at its end. */
export interface Bytes {
  readonly size: number;
  read(position: number, length: number): Promise<Buffer>;
}

/** The index of two hours of video is about 10 MB. Beyond this it is an attack on the memory of whoever parses it. */
const maximumIndexBytes = 32e6;
const maximumBoxes = 100_000;

export function unreadable(why: string): ReelayError {
  return new ReelayError('input_unreadable', why);
}

export function tooComplex(why: string): ReelayError {
  return new ReelayError('input_too_complex', why);
}

export interface Structure {
  /** Whether each stream's own length can be had from the index. */
  readonly hasLengths: boolean;
  /** Of an MP4 or MOV that is not fragmented, in bytes. */
  readonly indexBytes?: number;
}

const cutOff = 'is incomplete: the file ends before its contents do';

interface Box {
  readonly type: string;
  /** Header included; undefined where it reaches to the end of the file. */
  readonly sizeBytes: number | undefined;
}

async function readBox(file: Bytes, position: number): Promise<Box | undefined> {
  const header = await file.read(position, 16);
  if (header.length < 8) return undefined;
  const type = header.toString('latin1', 4, 8);
  const short = header.readUInt32BE(0);
  if (short === 0) return { type, sizeBytes: undefined };
  if (short !== 1) return { type, sizeBytes: short };
  if (header.length < 16) throw unreadable(cutOff);
  return { type, sizeBytes: Number(header.readBigUInt64BE(8)) };
}

/**
 * MP4, MOV and M4A: every outer box fits into the file, and there is an index of sane size. In a fragmented file
 * FFmpeg adds the time before the first frame to a stream's length.
 */
export async function checkBoxes(file: Bytes): Promise<Structure> {
  let indexBytes: number | undefined;
  let isFragmented = false;
  let position = 0;
  for (let boxes = 0; position < file.size; boxes += 1) {
    if (boxes > maximumBoxes) throw unreadable('is damaged: it has too many parts');
    const box = await readBox(file, position);
    // Some cameras append bytes that are no box; with the index found they do no harm.
    if (box === undefined || (box.sizeBytes !== undefined && box.sizeBytes < 8)) break;
    const sizeBytes = box.sizeBytes ?? file.size - position;
    const isContent = ['moov', 'mdat', 'moof'].includes(box.type);
    if (position + sizeBytes > file.size) {
      if (isContent || indexBytes === undefined) throw unreadable(cutOff);
      break;
    }
    if (box.type === 'moov') {
      if (sizeBytes > maximumIndexBytes) throw unreadable('is damaged: its index is too large');
      indexBytes = sizeBytes;
    }
    isFragmented ||= box.type === 'moof';
    position += sizeBytes;
  }
  if (indexBytes === undefined) throw unreadable('is incomplete or damaged: it has no index (moov box)');
  return isFragmented ? { hasLengths: false } : { hasLengths: true, indexBytes };
}

interface Element {
  readonly id: number;
  readonly headerBytes: number;
  /** Undefined where the writer did not know it (live recordings). */
  readonly contentBytes: number | undefined;
}

async function readElement(file: Bytes, position: number): Promise<Element | undefined> {
  const header = await file.read(position, 12);
  const [first = 0] = header;
  const idBytes = Math.clz32(first) - 23;
  if (idBytes > 4 || header.length <= idBytes) return undefined;
  const sizeBytes = Math.clz32(header[idBytes] ?? 0) - 23;
  if (sizeBytes > 8 || header.length < idBytes + sizeBytes) return undefined;
  const marked = BigInt(`0x${header.toString('hex', idBytes, idBytes + sizeBytes)}`);
  const content = BigInt.asUintN(7 * sizeBytes, marked);
  const isUnknown = content === (1n << BigInt(7 * sizeBytes)) - 1n;
  return {
    id: header.readUIntBE(0, idBytes),
    headerBytes: idBytes + sizeBytes,
    contentBytes: isUnknown ? undefined : Number(content),
  };
}

const segmentId = 0x18538067;

/** WebM and Matroska: the segment fits into the file. A live recording does not say how long it is. */
export async function checkSegment(file: Bytes): Promise<Structure> {
  const header = await readElement(file, 0);
  if (header?.contentBytes === undefined) throw unreadable('is damaged: its header cannot be read');
  const position = header.headerBytes + header.contentBytes;
  const segment = await readElement(file, position);
  if (segment === undefined || segment.id !== segmentId)
    throw unreadable('is incomplete or damaged: it has no segment');
  if (segment.contentBytes === undefined) return { hasLengths: false };
  if (position + segment.headerBytes + segment.contentBytes > file.size) throw unreadable(cutOff);
  return { hasLengths: false };
}
