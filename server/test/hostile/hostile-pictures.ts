import { deflateSync } from 'node:zlib';
import { chunk, latin, pngHeader, pngSignature, u16, u32 } from './boxes.ts';
import { broken, type HostileFile, type Samples } from './hostile-file.ts';

/** Pictures that are too large, too long to decode, or not what their headers say. */

const tooLarge = 'input_dimensions';
const end = chunk('IEND', Buffer.alloc(0));

function png(width: number, height: number, ...chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([pngSignature, pngHeader(width, height), ...chunks, end]);
}

/** Black pixels; the bytes of a row begin with the number of its filter. */
function pixels(width: number, height: number): Buffer {
  return chunk('IDAT', deflateSync(Buffer.alloc((width * 3 + 1) * height)));
}

/** A JPEG of a header and no picture, as far as a reader of headers goes. */
function jpegHeader(...sizes: readonly (readonly [width: number, height: number])[]): Buffer {
  const frames = sizes.map(([width, height]) =>
    Buffer.concat([latin('\xff\xc0\0\x0b\x08'), u16(height, width), latin('\x01\x01\x11\0')]),
  );
  return Buffer.concat([latin('\xff\xd8'), ...frames, latin('\xff\xda\0\x08\x01\x01\0\0\x3f\0\0\xff\xd9')]);
}

/**
 * A progressive JPEG whose scans are a few bytes each, and make a decoder pass over the whole picture: each says that all of it
 * is empty, in runs of 32767 blocks.
 */
function manyScans(side: number, scans: number): Buffer {
  const blocks = (side / 8) ** 2;
  // One code of one bit each: the DC size 0, and a run of blocks (14 more bits tell how many).
  const tables = latin(`\xff\xc4\0\x14\0\x01${'\0'.repeat(15)}\0\xff\xc4\0\x14\x10\x01${'\0'.repeat(15)}\xe0`);
  const quantities = latin(`\xff\xdb\0\x43\0${'\x01'.repeat(64)}`);
  const frame = Buffer.concat([latin('\xff\xc2\0\x0b\x08'), u16(side, side), latin('\x01\x01\x11\0')]);
  const first = Buffer.concat([latin('\xff\xda\0\x08\x01\x01\0\0\0\0'), Buffer.alloc(Math.ceil(blocks / 8))]);
  // Bits 0 and then 14 ones: a run of 2^14 + (2^14 - 1) blocks. A byte of ones is followed by a zero that does not count.
  const bits = '011111111111111'.repeat(Math.ceil(blocks / 32_767));
  const bytes = (bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).map((byte) =>
    Number.parseInt(byte, 2),
  );
  const runs = Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
  const scan = Buffer.concat([latin('\xff\xda\0\x08\x01\x01\0\x01\x3f\0'), runs]);
  return Buffer.concat([
    latin('\xff\xd8'),
    quantities,
    frame,
    tables,
    first,
    ...Array<Buffer>(scans).fill(scan),
    latin('\xff\xd9'),
  ]);
}

function webp(form: string, content: Buffer): Buffer {
  const chunkBytes = Buffer.alloc(4);
  chunkBytes.writeUInt32LE(content.length);
  const body = Buffer.concat([latin(`WEBP${form}`), chunkBytes, content]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([latin('RIFF'), size, body]);
}

function picturesTooLarge({ png: sample }: Samples): readonly HostileFile[] {
  const files: Readonly<Record<string, Buffer>> = {
    'PNG of 4 billion pixels a side': png(0xffffffff, 0xffffffff, pixels(1, 1)),
    'PNG of 2 billion pixels a side': png(0x7fffffff, 0x7fffffff, pixels(1, 1)),
    'PNG of 65535 pixels a side': png(65_535, 65_535, pixels(1, 1)),
    'PNG of a million pixels in one row': png(1_000_000, 1, pixels(1, 1)),
    'PNG whose 256 million pixels are there': png(16_000, 16_000, pixels(16_000, 1_000)),
    'JPEG of 65535 pixels a side': jpegHeader([65_535, 65_535]),
    'JPEG of a small frame and a large one': jpegHeader([64, 64], [60_000, 60_000]),
    'WebP of 16 million pixels a side': webp(
      'VP8X',
      Buffer.concat([Buffer.alloc(4), Buffer.alloc(6, 0xff), Buffer.alloc(20)]),
    ),
    'lossless WebP of 16384 pixels a side': webp('VP8L', Buffer.concat([latin('/\xff\xff\xff\x0f'), Buffer.alloc(30)])),
    'lossy WebP of 16383 pixels a side': webp(
      'VP8 ',
      Buffer.concat([latin('\x30\0\0\x9d\x01\x2a\xff\x3f\xff\x3f'), Buffer.alloc(30)]),
    ),
  };
  const sizeless = png(0, 48, sample.subarray(33, -12));
  return [
    ...Object.entries(files).map(([name, bytes]) => ({ name, bytes, refused: tooLarge, kind: 'image' as const })),
    { name: 'PNG without a width', bytes: sizeless, refused: broken, kind: 'image' },
  ];
}

function picturesBroken({ jpeg, png: sample }: Samples): readonly HostileFile[] {
  const animated = webp('VP8X', Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.alloc(26)]));
  const files: Readonly<Record<string, Buffer>> = {
    'PNG that ends in the midst': sample.subarray(0, sample.length / 2),
    'PNG whose chunk is longer than the file': Buffer.concat([sample.subarray(0, 33), u32(0x7fffffff), latin('IDAT')]),
    'PNG without pixels': png(64, 48),
    'PNG whose pixels are no deflate stream': png(64, 48, chunk('IDAT', Buffer.alloc(999, 0xa5))),
    'PNG of a hundred thousand chunks': png(64, 48, ...Array<Buffer>(100_001).fill(chunk('tEXt', Buffer.alloc(0)))),
    'PNG of a second, larger header': Buffer.concat([
      sample.subarray(0, 33),
      pngHeader(30_000, 30_000),
      sample.subarray(33),
    ]),
    'JPEG that ends in the midst': jpeg.subarray(0, jpeg.length / 2),
    'JPEG whose segment has no length': Buffer.concat([
      latin('\xff\xd8'),
      latin('\xff\xe1\0\0'.repeat(99)),
      latin('\xff\xd9'),
    ]),
    'JPEG without a frame': latin('\xff\xd8\xff\xda\0\x02\xff\xd9'),
    'WebP that is shorter than it says': latin('RIFF\xff\xff\xff\x7fWEBPVP8 '),
    'WebP that moves': animated,
  };
  return Object.entries(files).map(([name, bytes]) => ({ name, bytes, refused: broken, kind: 'image' as const }));
}

/** A TIFF directory that names itself as the next one, and whose entries reach behind the file. */
const loopingExif = Buffer.concat([
  ...[latin('Exif\0\0MM\0*'), u32(8), u16(2)],
  ...[u16(0x8769, 4), u32(1, 8), u16(0x9286, 7), u32(0xffffffff, 0xfffffff0), u32(8)],
]);

function picturesOdd({ jpeg, png: sample }: Samples): readonly HostileFile[] {
  const before = (added: Buffer) => Buffer.concat([sample.subarray(0, 33), added, sample.subarray(33)]);
  const withSegment = (marker: number, content: Buffer) =>
    Buffer.concat([
      jpeg.subarray(0, 2),
      Buffer.from([0xff, marker]),
      u16(content.length + 2),
      content,
      jpeg.subarray(2),
    ]);
  const zeros = deflateSync(Buffer.alloc(200_000_000));
  const files: Readonly<Record<string, Buffer>> = {
    'PNG with 200 MB of zeros as text': before(chunk('zTXt', Buffer.concat([latin('Comment\0\0'), zeros]))),
    'PNG with 200 MB of zeros as colour profile': before(chunk('iCCP', Buffer.concat([latin('x\0\0'), zeros]))),
    'PNG with 200 MB more pixels than it has': png(64, 48, chunk('IDAT', zeros)),
    'PNG of 39 million pixels': png(6_240, 6_240, pixels(6_240, 6_240)),
    'PNG that is said to move': before(chunk('acTL', u32(0xffffffff, 0))),
    'PNG of a single pixel': png(1, 1, pixels(1, 1)),
    'JPEG with an endless EXIF directory': withSegment(0xe1, loopingExif),
    'JPEG with a script as EXIF': withSegment(0xe1, latin('Exif\0\0<script>alert(1)</script>')),
    'JPEG whose EXIF points behind its end': withSegment(
      0xe1,
      Buffer.concat([latin('Exif\0\0II*\0'), Buffer.alloc(4, 0xff)]),
    ),
  };
  return Object.entries(files).map(([name, bytes]) => ({ name, bytes, kind: 'image' as const }));
}

export function hostilePictures(samples: Samples): readonly HostileFile[] {
  return [...picturesTooLarge(samples), ...picturesBroken(samples), ...picturesOdd(samples)];
}

/** Takes as long to decode as the limits allow: for whoever has the time. */
export function slowPictures(): readonly HostileFile[] {
  return [
    {
      name: 'JPEG of fifty thousand scans',
      bytes: manyScans(6_000, 50_000),
      refused: 'input_too_complex',
      kind: 'image',
    },
  ];
}
