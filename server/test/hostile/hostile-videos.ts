import { box, element, largeBox, latin, overwrite, patchBoxes, u16, u32, u64 } from './boxes.ts';
import { broken, type HostileFile, type Lures, notMedia, type Samples } from './hostile-file.ts';

/** Videos and sounds whose structure lies: patched from a good clip, so that what is wrong is all that is wrong. */

type Files = Readonly<Record<string, Buffer>>;

/** Of files that are more than damaged, or no more than that among others that can be used. */
const refusals: Readonly<Record<string, string>> = {
  'MP4 of 4 billion times': 'input_too_complex',
  'MP4 of three thousand tracks': 'input_too_complex',
  'MP4 of an unknown codec': 'input_codec',
  'MP4 of Cinepak, it says': 'input_codec',
  'MP4 of uncompressed frames, it says': 'input_codec',
  ...Object.fromEntries(
    [
      'MP4 of 4 billion sizes',
      'MP4 of 4 billion chunks',
      'MP4 whose chunks are behind its end',
      'MP4 of 4 billion key frames',
      'MP4 of a million frames a second',
      'movie that is only a reference to a file',
      'movie that is only a reference to an address',
    ].map((name) => [name, broken]),
  ),
};

const asVideos = (files: Files, refused?: string): readonly HostileFile[] =>
  Object.entries(files).map(([name, bytes]) => {
    const code = refused ?? refusals[name];
    return { name, bytes, kind: 'video', ...(code !== undefined && { refused: code }) };
  });

const track = 'moov/trak';
const media = `${track}/mdia`;
const table = `${media}/minf/stbl`;
const fileType = box('ftyp', latin('isom\0\0\0\0isom'));

function nested(type: string, depth: number): Buffer {
  let inner = box(type);
  for (let level = 1; level < depth; level += 1) inner = box(type, inner);
  return inner;
}

/** Tables whose contents another file holds, as an editor's reference to its media would have it. */
function references(clip: Buffer, { secretPath, secretUrl }: Lures): Files {
  const refer = (type: string, content: Buffer) =>
    patchBoxes(clip, `${media}/minf/dinf/dref`, () =>
      Buffer.concat([u32(0, 1), box(type, Buffer.concat([u32(0), content]))]),
    );
  const name = secretPath.split('/').at(-1) ?? '';
  const alias = Buffer.alloc(150);
  alias.write(name.slice(0, 63), 51, 'latin1');
  const path = u16(2, secretPath.length);
  const pathed = Buffer.concat([alias, path, latin(secretPath), u16(0xffff, 0)]);
  const movie = (url: string) =>
    Buffer.concat([
      fileType,
      box(
        'moov',
        box(
          'rmra',
          box('rmda', box('rdrf', Buffer.concat([u32(0), latin('url '), u32(url.length + 1), latin(`${url}\0`)]))),
        ),
      ),
    ]);
  return {
    'MP4 whose samples are in a file': refer('url ', latin(`file://${secretPath}\0`)),
    'MP4 whose samples are at an address': refer('url ', latin(`${secretUrl}/secret.mp4\0`)),
    'MP4 whose samples are behind an alias': refer('alis', pathed),
    'MP4 whose samples are in a resource': refer('rsrc', pathed),
    'MP4 whose samples have a name': refer('urn ', latin(`urn:x\0${secretUrl}\0`)),
    'movie that is only a reference to a file': movie(`file://${secretPath}`),
    'movie that is only a reference to an address': movie(`${secretUrl}/secret.mov`),
  };
}

function brokenBoxes(clip: Buffer): Files {
  const index = clip.indexOf('moov', 0, 'latin1') - 4;
  return {
    'MP4 that ends in the midst': clip.subarray(0, clip.length / 2),
    'MP4 whose index ends in the midst': clip.subarray(0, clip.length - 200),
    'MP4 without an index': clip.subarray(0, index),
    'MP4 of two gigabytes in one box': Buffer.concat([fileType, box('mdat', Buffer.alloc(9), 0x7fffffff)]),
    'MP4 with a box of 64 bits': Buffer.concat([fileType, largeBox('mdat', Buffer.alloc(9), 0x7fffffffffffffffn)]),
    'MP4 with a box of minus one byte': Buffer.concat([
      fileType,
      largeBox('moov', Buffer.alloc(9), 0xffffffffffffffffn),
    ]),
    'MP4 with a box smaller than its header': Buffer.concat([fileType, largeBox('moov', Buffer.alloc(9), 3n)]),
    'MP4 of empty boxes': Buffer.concat([fileType, ...Array<Buffer>(120_000).fill(box('free'))]),
    'MP4 of boxes without a size': Buffer.concat([fileType, ...Array<Buffer>(999).fill(latin('\0\0\0\0moov'))]),
    'MP4 with an index of 64 MB': Buffer.concat([fileType, latin('\x04\0\0\0moov')]),
    'MP4 of ten thousand boxes in one another': Buffer.concat([fileType, box('moov', nested('trak', 10_000))]),
    'MP4 with an empty index': Buffer.concat([fileType, box('moov')]),
  };
}

/** Lies about how many samples there are, where, and when. */
function lies(clip: Buffer): Files {
  const content = (path: string, bytes: Uint8Array) => patchBoxes(clip, path, () => bytes);
  const edits = (...entries: readonly Buffer[]) =>
    patchBoxes(clip, `${track}/edts/elst`, () => Buffer.concat([u32(0, entries.length), ...entries]));
  return {
    'MP4 of nothing but its index': clip.subarray(clip.indexOf('moov', 0, 'latin1') - 4),
    'MP4 whose boxes overlap': patchBoxes(clip, track, (content) =>
      Buffer.concat([content.subarray(0, 8), u32(0x7fffff00), content.subarray(12)]),
    ),
    'MP4 of 4 billion sizes': content(`${table}/stsz`, u32(0, 0, 0xffffffff)),
    'MP4 of 4 billion samples of one size': content(`${table}/stsz`, u32(0, 1, 0xffffffff)),
    'MP4 of samples of 2 GB': content(`${table}/stsz`, u32(0, 0x7fffffff, 48)),
    'MP4 of 4 billion times': content(`${table}/stts`, u32(0, 0xffffffff)),
    'MP4 of a time that 4 billion samples share': content(`${table}/stts`, u32(0, 1, 0xffffffff, 1)),
    'MP4 of samples that last 49 days each': content(`${table}/stts`, u32(0, 1, 48, 0xffffffff)),
    'MP4 of samples that last no time': content(`${table}/stts`, u32(0, 1, 48, 0)),
    'MP4 of 4 billion chunks': content(`${table}/stsc`, u32(0, 0xffffffff)),
    'MP4 of chunks of 4 billion samples': content(`${table}/stsc`, u32(0, 1, 1, 0xffffffff, 1)),
    'MP4 whose chunks are behind its end': content(`${table}/stco`, u32(0, 1, 0xfffffff0)),
    'MP4 without chunks': content(`${table}/stco`, u32(0, 0)),
    'MP4 of 4 billion key frames': content(`${table}/stss`, u32(0, 0xffffffff)),
    'MP4 shown before it begins': content(`${table}/ctts`, u32(0, 1, 48, 0x80000000)),
    'MP4 of a time scale of nothing': overwrite(clip, `${media}/mdhd`, 12, u32(0)),
    'MP4 of a time scale of a second': overwrite(clip, `${media}/mdhd`, 12, u32(1)),
    'MP4 of a time scale of 4 billion': overwrite(clip, `${media}/mdhd`, 12, u32(0xffffffff)),
    'MP4 of a million frames a second': overwrite(clip, `${media}/mdhd`, 12, u32(512_000_000)),
    'MP4 that lasts 49 days, it says': overwrite(
      overwrite(clip, 'moov/mvhd', 16, u32(0xffffffff)),
      `${media}/mdhd`,
      16,
      u32(0xffffffff),
    ),
    'MP4 that lasts no time, it says': overwrite(overwrite(clip, 'moov/mvhd', 16, u32(0)), `${media}/mdhd`, 16, u32(0)),
    'MP4 cut to before its start': edits(Buffer.concat([u32(1_000, 0x80000000), u32(0x10000)])),
    'MP4 cut to an empty hour': edits(u32(3_600_000, 0xffffffff, 0x10000), u32(2_000, 0, 0x10000)),
    'MP4 cut a hundred thousand times': edits(...Array<Buffer>(100_000).fill(u32(10, 0, 0x10000))),
    'MP4 cut at no speed': edits(u32(2_000, 0, 0)),
    'MP4 cut at a negative speed': edits(u32(2_000, 0, 0xffff0000)),
    'MP4 turned by a matrix of nothing': overwrite(clip, `${track}/tkhd`, 40, Buffer.alloc(36)),
    'MP4 turned by a matrix of noise': overwrite(clip, `${track}/tkhd`, 40, Buffer.alloc(36, 0x7f)),
    'MP4 whose track is 65535 pixels a side': overwrite(clip, `${track}/tkhd`, 76, u32(0xffff0000, 0xffff0000)),
    'MP4 whose codec is 65535 pixels a side': patchBoxes(clip, `${table}/stsd`, (found) => {
      const changed = Buffer.from(found);
      // The clip has one track of pictures and one of sound; only the first has room for a size there.
      if (found.toString('latin1', 12, 16) === 'avc1') changed.set(u16(65_535, 65_535), 40);
      return changed;
    }),
    'MP4 of an unknown codec': Buffer.from(clip.toString('latin1').replaceAll('avc1', 'zzzz'), 'latin1'),
    'MP4 of Cinepak, it says': Buffer.from(clip.toString('latin1').replaceAll('avc1', 'cvid'), 'latin1'),
    'MP4 of uncompressed frames, it says': Buffer.from(clip.toString('latin1').replaceAll('avc1', 'raw '), 'latin1'),
    'MP4 whose parameters are noise': patchBoxes(clip, `${table}/stsd`, (found) => {
      const at = found.indexOf('avcC', 0, 'latin1');
      return at < 0 ? found : Buffer.concat([found.subarray(0, at + 4), Buffer.alloc(found.length - at - 4, 0xa5)]);
    }),
    'MP4 whose samples are noise': patchBoxes(clip, 'mdat', (found) => Buffer.alloc(found.length, 0x5a)),
  };
}

function crowds(clip: Buffer): Files {
  const within = (added: Buffer) => patchBoxes(clip, 'moov', (content) => Buffer.concat([content, added]));
  let tracks: Buffer = Buffer.alloc(0);
  patchBoxes(clip, track, (content) => {
    tracks = box('trak', content);
    return content;
  });
  const handler = box('hdlr', Buffer.concat([u32(0, 0), latin('mdirappl'), Buffer.alloc(9)]));
  const note = (text: Uint8Array) => {
    const list = box('ilst', box('\xa9cmt', box('data', Buffer.concat([u32(1, 0), text]))));
    return box('udta', box('meta', Buffer.concat([u32(0), handler, list])));
  };
  return {
    'MP4 of three thousand tracks': within(Buffer.concat(Array<Buffer>(3_000).fill(tracks))),
    'MP4 with a comment of 20 MB': within(note(Buffer.alloc(20_000_000, 'x'))),
    'MP4 with a hundred thousand comments': within(Buffer.concat(Array<Buffer>(100_000).fill(note(latin('x'))))),
    'MP4 with a comment that is a page': within(note(latin('</script><script>alert(1)</script>\x1b[2J%s%n'))),
  };
}

const ebml = element(0x1a45dfa3, element(0x4282, latin('matroska')));

function matroska(): Files {
  const video = (width: number, height: number, ...more: readonly Buffer[]) =>
    element(
      0x1654ae6b,
      element(
        0xae,
        Buffer.concat([
          ...[element(0xd7, Buffer.from([1])), element(0x83, Buffer.from([1])), element(0x86, latin('V_VP8'))],
          ...[element(0xe0, Buffer.concat([element(0xb0, u32(width)), element(0xba, u32(height))])), ...more],
        ]),
      ),
    );
  const block = (time: number) =>
    element(0xa3, Buffer.concat([Buffer.from([0x81]), u16(time), Buffer.from([0x80, 0, 0, 0])]));
  const file = (...parts: readonly Buffer[]) => Buffer.concat([ebml, element(0x18538067, Buffer.concat(parts))]);
  let chapters = element(0x91, Buffer.alloc(1));
  for (let depth = 0; depth < 5_000; depth += 1) chapters = element(0xb6, chapters);
  return {
    'Matroska of 4 billion pixels a side': file(video(0xffffffff, 0xffffffff), element(0x1f43b675, block(0))),
    'Matroska of 16000 pixels a side': file(video(16_000, 16_000), element(0x1f43b675, block(0))),
    'Matroska longer than its file': Buffer.concat([ebml, element(0x18538067, video(64, 48), 1n << 50n)]),
    'Matroska without a segment': Buffer.concat([ebml, ebml]),
    'Matroska whose header has no end': Buffer.concat([
      latin('\x1aE\xdf\xa3\x01'),
      Buffer.alloc(7, 0xff),
      latin('\x18\x53\x80\x67'),
    ]),
    'Matroska of five thousand chapters in one another': file(
      video(64, 48),
      element(0x1043a770, element(0x45b9, chapters)),
      element(0x1f43b675, block(0)),
    ),
    'Matroska without a frame': file(video(64, 48)),
    'Matroska that is encrypted': file(
      video(
        64,
        48,
        element(
          0x6d80,
          element(
            0x6240,
            Buffer.concat([element(0x5033, Buffer.from([1])), element(0x5035, element(0x47e1, Buffer.from([5])))]),
          ),
        ),
      ),
      element(0x1f43b675, block(0)),
    ),
  };
}

function wav(channels: number, rate: number, dataBytes: number): Buffer {
  const bytes = Buffer.alloc(444);
  bytes.write('RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0', 0, 'latin1');
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(dataBytes, 40);
  return bytes;
}

function sounds(): Files {
  return {
    'WAV of 65535 channels': wav(65_535, 48_000, 400),
    'WAV of no channels': wav(0, 48_000, 400),
    'WAV of no samples a second': wav(2, 0, 400),
    'Ogg of a page without an end': Buffer.concat([latin('OggS\0\x02'), Buffer.alloc(20), Buffer.alloc(256, 0xff)]),
    'MP3 of a tag of 256 MB': latin('ID3\x04\0\0\x7f\x7f\x7f\x7f'),
  };
}

export function hostileVideos({ clip }: Samples, lures: Lures): readonly HostileFile[] {
  return [
    ...asVideos(references(clip, lures)),
    ...asVideos(brokenBoxes(clip), broken),
    ...asVideos(lies(clip)),
    ...asVideos(crowds(clip)),
    ...asVideos(matroska(), broken),
    ...asVideos(sounds(), broken),
    ...asVideos(
      {
        'DASH segment without a start': Buffer.concat([box('styp', latin('msdh')), u64(0n)]),
        'fragment without a start': Buffer.concat([box('moof', box('mfhd', u32(0, 1))), box('mdat')]),
      },
      notMedia,
    ),
  ];
}
