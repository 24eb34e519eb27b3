import { createHash } from 'node:crypto';
import { chmod, copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import { beforeAll, describe, expect, it } from 'vitest';
import { failure, ffmpeg, h264, serve, testFolder, testPattern, testTools, tone } from './media.fixture.ts';
import { probeFile } from './probe.ts';

let ffprobePath: string;

beforeAll(async () => {
  ({ ffprobe: ffprobePath } = await testTools());
});

const probe = (path: string) => probeFile(path, { ffprobePath });

async function make(name: string, ...args: readonly string[]): Promise<string> {
  return ffmpeg(...args, join(await testFolder(), name));
}

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(await testFolder(), name);
  await writeFile(path, content);
  return path;
}

describe('videos', () => {
  it.each([
    ['h264', 'clip.mp4', [...h264, '-c:a', 'aac'], { container: 'mp4', videoCodec: 'h264', audioCodec: 'aac' }],
    [
      'hevc',
      'clip.mp4',
      ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'],
      { videoCodec: 'hevc' },
    ],
    ['av1', 'clip.mp4', ['-c:v', 'libsvtav1', '-preset', '12'], { videoCodec: 'av1' }],
    ['mpeg4', 'clip.mp4', ['-c:v', 'mpeg4'], { videoCodec: 'mpeg4' }],
    [
      'fragmented',
      'clip.mp4',
      [...h264, '-movflags', 'frag_keyframe+empty_moov'],
      { container: 'mp4', videoCodec: 'h264' },
    ],
    [
      'mov',
      'clip.mov',
      [...h264, '-c:a', 'pcm_s16le'],
      { container: 'mov', contentType: 'video/quicktime', audioCodec: 'pcm' },
    ],
    [
      'webm',
      'clip.webm',
      ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-c:a', 'libopus'],
      { container: 'webm', demuxer: 'matroska', videoCodec: 'vp9', audioCodec: 'opus' },
    ],
    [
      'mkv',
      'clip.mkv',
      [...h264, '-c:a', 'libvorbis'],
      { container: 'mkv', contentType: 'video/x-matroska', audioCodec: 'vorbis' },
    ],
  ])('reads %s', async (_name, filename, encoding, expected) => {
    const path = await make(filename, ...testPattern('320x180', 1), ...tone(1), ...encoding);
    const found = await probe(path);
    expect(found).toMatchObject({ kind: 'video', width: 320, height: 180, framesPerSecond: 24, ...expected });
    expect(found.durationSeconds).toBeCloseTo(1, 1);
  });

  it('agrees with another reader on size, length and codec', async () => {
    const path = await make('clip.mp4', ...testPattern('426x240', 2, 30), ...tone(2), ...h264, '-c:a', 'aac');
    const found = await probe(path);
    using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
    const [track] = await input.getVideoTracks();
    expect(await track?.getDisplayWidth()).toBe(found.width);
    expect(await track?.getDisplayHeight()).toBe(found.height);
    expect(await track?.computeDuration()).toBeCloseTo(found.durationSeconds ?? 0, 2);
    expect(await track?.getCodec()).toBe('avc');
  });

  it.each([
    ['H.264 with sound', 'clip.mp4', [...testPattern('426x240', 2, 30), ...tone(2), ...h264, '-c:a', 'aac']],
    ['a broken rate', 'clip.mp4', [...testPattern('320x180', 2, 24_000 / 1_001), ...h264]],
    ['HEVC', 'clip.mp4', [...testPattern('320x180', 1), '-c:v', 'libx265', '-x265-params', 'log-level=none']],
    ['AV1', 'clip.mp4', [...testPattern('320x180', 1), '-c:v', 'libsvtav1', '-preset', '12']],
    ['MOV', 'clip.mov', [...testPattern('320x180', 1), ...h264]],
    ['a fragmented file', 'clip.mp4', [...testPattern('320x180', 1), ...h264, '-movflags', 'frag_keyframe+empty_moov']],
    ['MPEG-4 part 2', 'clip.mp4', [...testPattern('320x180', 1), '-c:v', 'mpeg4']],
  ])('finds in the index of a provider’s file what ffprobe finds: %s', async (_name, filename, args) => {
    const path = await make(filename, ...args);
    const { durationSeconds = 0, framesPerSecond = 0, ...rest } = await probe(path);
    const quick = await probeFile(path, { ffprobePath, fromProvider: true });
    expect(quick).toMatchObject(rest);
    expect(quick.durationSeconds).toBeCloseTo(durationSeconds, 2);
    expect(quick.framesPerSecond).toBeCloseTo(framesPerSecond, 2);
  });

  it('asks no child about a provider’s file with a small index', async () => {
    const path = await make('clip.mp4', ...testPattern('320x180', 1), ...h264);
    const nowhere = '/nonexistent/ffprobe';
    await expect(probeFile(path, { ffprobePath: nowhere, fromProvider: true })).resolves.toMatchObject({ width: 320 });
    await expect(probeFile(path, { ffprobePath: nowhere })).rejects.toMatchObject({ code: 'service_unavailable' });
  });

  it.each([90, 180, 270])('turns a video that is stored rotated by %i', async (degrees) => {
    const plain = await make('plain.mp4', ...testPattern('320x180', 1), ...h264);
    const path = await make('turned.mp4', '-i', plain, '-c', 'copy', '-metadata:s:v', `rotate=${degrees}`);
    const upright = degrees === 180 ? { width: 320, height: 180 } : { width: 180, height: 320 };
    expect(await probe(path)).toMatchObject(upright);
  });

  it('applies the shape of pixels', async () => {
    const path = await make('wide.mp4', ...testPattern('320x240', 1), '-vf', 'setsar=4/3', ...h264);
    expect(await probe(path)).toMatchObject({ width: 427, height: 240 });
  });

  it.each([
    ['mp4', h264],
    ['mp4', [...h264, '-movflags', 'frag_keyframe+empty_moov']],
    ['mov', h264],
    ['mkv', h264],
    ['webm', ['-c:v', 'libvpx-vp9', '-cpu-used', '8']],
  ])('takes the length of the video in %s %j, not of the longer sound', async (extension, video) => {
    const path = await make(`long.${extension}`, ...testPattern('64x48', 1), ...tone(3), ...video);
    expect((await probe(path)).durationSeconds).toBeCloseTo(1, 1);
  });

  it('counts a live recording that says no length', async () => {
    const path = await make(
      'live.webm',
      ...testPattern('64x48', 2),
      '-c:v',
      'libvpx-vp9',
      '-cpu-used',
      '8',
      '-live',
      '1',
    );
    expect((await probe(path)).durationSeconds).toBeCloseTo(2, 1);
  });

  it('does not name a sound that is not there', async () => {
    const found = await probe(await make('mute.mp4', ...testPattern('64x48', 1), ...h264));
    expect(Object.keys(found)).not.toContain('audioCodec');
  });
});

describe('sounds', () => {
  it.each([
    ['mp3', ['-c:a', 'libmp3lame'], { contentType: 'audio/mpeg', audioCodec: 'mp3' }],
    ['mp3', ['-c:a', 'libmp3lame', '-id3v2_version', '0', '-write_xing', '0'], { contentType: 'audio/mpeg' }],
    ['wav', [], { contentType: 'audio/wav', audioCodec: 'pcm' }],
    ['m4a', ['-c:a', 'aac'], { contentType: 'audio/mp4', audioCodec: 'aac' }],
    ['ogg', ['-c:a', 'libvorbis'], { contentType: 'audio/ogg', audioCodec: 'vorbis' }],
  ])('reads %s %j', async (container, encoding, expected) => {
    const found = await probe(await make(`s.${container}`, ...tone(2), ...encoding));
    expect(found).toMatchObject({ kind: 'audio', container, ...expected });
    expect(found.durationSeconds).toBeCloseTo(2, 0);
    expect(Object.keys(found)).not.toContain('width');
  });

  it('calls an MP4 without video a sound', async () => {
    expect(await probe(await make('s.mp4', ...tone(1), '-c:a', 'aac'))).toMatchObject({
      kind: 'audio',
      container: 'm4a',
    });
  });

  it('does not take a cover picture for a video', async () => {
    const cover = await make('cover.jpg', ...testPattern('64x64', 1), '-frames:v', '1');
    const maps = ['-i', cover, '-map', '0:a', '-map', '1:v', '-c:v', 'copy', '-disposition:v:0', 'attached_pic'];
    const mp3 = await make('s.mp3', ...tone(1), ...maps);
    const m4a = await make('s.m4a', ...tone(1), ...maps);
    expect(await probe(mp3)).toMatchObject({ kind: 'audio', container: 'mp3' });
    expect(await probe(m4a)).toMatchObject({ kind: 'audio', container: 'm4a' });
  });
});

describe('pictures', () => {
  it.each([
    ['p.png', ['-pix_fmt', 'rgba'], { container: 'png', contentType: 'image/png' }],
    ['p.jpg', [], { container: 'jpeg', contentType: 'image/jpeg', demuxer: 'jpeg_pipe' }],
    ['p.webp', ['-c:v', 'libwebp'], { container: 'webp', contentType: 'image/webp' }],
    ['p.webp', ['-c:v', 'libwebp', '-lossless', '1'], { container: 'webp' }],
    ['p.webp', ['-c:v', 'libwebp', '-pix_fmt', 'yuva420p'], { container: 'webp' }],
  ])('reads %s %j', async (name, encoding, expected) => {
    const found = await probe(await make(name, ...testPattern('321x123', 1), '-frames:v', '1', ...encoding));
    expect(found).toEqual(expect.objectContaining({ kind: 'image', width: 321, height: 123, ...expected }));
  });

  it('turns a photograph as its camera says', async () => {
    const bytes = await readFile(await make('p.jpg', ...testPattern('64x48', 1), '-frames:v', '1'));
    const tiff = Buffer.from(
      '4d4d002a00000008' + '0001' + '0112' + '0003' + '00000001' + '00060000' + '00000000',
      'hex',
    );
    const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
    const header = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
    const path = await write('turned.jpg', Buffer.concat([bytes.subarray(0, 2), header, exif, bytes.subarray(2)]));
    expect(await probe(path)).toMatchObject({ width: 48, height: 64 });
  });

  it('takes a photograph with a clip behind it', async () => {
    const path = await make('p.jpg', ...testPattern('64x48', 1), '-frames:v', '1');
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(50_000, 7)]));
    expect(await probe(path)).toMatchObject({ kind: 'image', width: 64 });
  });

  it('refuses what moves', async () => {
    const animated = await make('p.webp', ...testPattern('64x48', 1, 4), '-c:v', 'libwebp_anim');
    expect(await failure(probe(animated))).toMatchObject({
      code: 'input_unreadable',
      message: 'is an animated WebP; send a still picture',
    });
    const gif = await make('p.gif', ...testPattern('64x48', 1, 4));
    expect(await failure(probe(gif))).toEqual({
      code: 'input_container',
      message: 'is a GIF picture, which is not taken here',
    });
  });
});

function pngChunk(type: string, data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  // The checksum is wrong on purpose where it is looked at by nobody but a decoder.
  return Buffer.concat([
    size,
    Buffer.from(type, 'latin1'),
    data,
    createHash('md5').update(data).digest().subarray(0, 4),
  ]);
}

function hugePng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunks = [
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

describe('attacks', () => {
  it.each([
    [16_000, 16_000],
    [100_000, 10],
    [4_294_967_295, 4_294_967_295],
  ])('refuses a picture of %i by %i pixels before anything decodes it', async (width, height) => {
    const path = await write('bomb.png', hugePng(width, height));
    const outcome = await failure(probeFile(path, { ffprobePath: '/nowhere/ffprobe' }));
    expect(outcome).toMatchObject({ code: 'input_dimensions', message: expect.stringContaining(`${width}x${height}`) });
  });

  it('refuses a picture of no size', async () => {
    expect((await failure(probe(await write('p.png', hugePng(0, 10))))).code).toBe('input_unreadable');
  });

  it('refuses a video of 67 megapixels without much memory', async () => {
    const path = await make(
      'bomb.mp4',
      ...testPattern('64x64', 1, 1),
      '-vf',
      'scale=8192:8192:flags=neighbor',
      ...h264,
    );
    expect((await failure(probe(path))).code).toBe('input_dimensions');
  });

  it('opens no file and no connection that a playlist names, whatever it is called', async () => {
    const server = await serve((_request, response) => void response.end('x'));
    const secret = await make('secret.ts', ...testPattern('64x48', 1), ...h264);
    for (const target of [secret, `file:${secret}`, `${server.origin}/a.ts`]) {
      const texts = [
        [`#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${target}\n#EXT-X-ENDLIST\n`, 'an HLS playlist'],
        [`ffconcat version 1.0\nfile '${target}'\n`, 'a concat script'],
        [`file '${target}'\n`, 'a concat script'],
        [
          `<?xml version="1.0"?>\n<!-- x -->\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${target}</BaseURL></MPD>`,
          'a DASH manifest',
        ],
        ['v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n', 'an SDP description'],
        [`<svg xmlns="http://www.w3.org/2000/svg"><image href="${target}"/></svg>`, 'an SVG drawing'],
      ] as const;
      for (const [content, name] of texts) {
        for (const extension of ['mp4', 'm3u8', 'png']) {
          const outcome = await failure(probe(await write(`x.${extension}`, content)));
          expect(outcome).toEqual({ code: 'input_not_media', message: `is ${name}, not a media file` });
        }
      }
    }
    expect(server.connections()).toBe(0);
  });

  it('opens no playlist that hides behind the first bytes of a medium', async () => {
    const secret = await make('secret.ts', ...testPattern('64x48', 1), ...h264);
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${secret}\n#EXT-X-ENDLIST\n`;
    // FFmpeg looks past an ID3 tag for what follows: unforced, it takes the second for a playlist and opens the file.
    const starts = [
      'ID3\x03\0\0\0\0\0\0',
      'ID3\x03\0\0\0\0\0\x0a\0\0\0\0\0\0\0\0\0\0',
      '\0\0\0\x18ftypmp42\0\0\0\0mp42isom',
      '\x1aE\xdf\xa3\x80\x18\x53\x80\x67\xff',
      'OggS',
      'RIFF\xff\xff\xff\xffWAVE',
      '\xff\xd8\xff\xe0',
    ];
    for (const start of starts) {
      for (const extension of ['mp3', 'm3u8']) {
        const path = await write(`x.${extension}`, Buffer.from(start + playlist, 'latin1'));
        expect((await failure(probe(path))).code, JSON.stringify(start)).toBe('input_unreadable');
      }
    }
  });

  it('refuses an index too large to be one, without reading it', async () => {
    const header = Buffer.from('\0\0\0\x10ftypmp42\0\0\0\0\x04\0\0\0moov', 'latin1');
    const path = await write('x.mp4', header);
    await truncate(path, 16 + 0x04000000);
    expect(await failure(probe(path))).toEqual({
      code: 'input_unreadable',
      message: 'is damaged: its index is too large',
    });
  });

  it.each([
    [
      'png',
      Buffer.concat([
        hugePng(64, 48).subarray(0, 33),
        ...Array<Buffer>(100_001).fill(pngChunk('tEXt', Buffer.alloc(0))),
      ]),
    ],
    ['mp4', Buffer.from(`\0\0\0\x10ftypmp42\0\0\0\0${'\0\0\0\x08free'.repeat(100_001)}`, 'latin1')],
  ])('looks at a hundred thousand parts of a %s without a read for each', async (extension, bytes) => {
    const path = await write(`x.${extension}`, bytes);
    const before = process.cpuUsage();
    expect((await failure(probe(path))).code).toBe('input_unreadable');
    const { user, system } = process.cpuUsage(before);
    // 45 ms; one read for each took 3 s.
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });

  it('passes the name of a file as a name', async () => {
    const folder = await testFolder();
    const plain = await make('plain.mp4', ...testPattern('64x48', 1), ...h264);
    for (const name of ['-i', 'concat:a|b', 'a%03d.mp4', 'a b\n.mp4']) {
      const path = join(folder, name);
      await copyFile(plain, path);
      expect(await probe(path)).toMatchObject({ width: 64 });
    }
  });
});

describe('what is incomplete', () => {
  it.each([
    ['mp4', [...h264]],
    ['mp4', [...h264, '-movflags', '+faststart']],
    ['mov', [...h264, '-movflags', '+faststart']],
    ['webm', ['-c:v', 'libvpx-vp9', '-cpu-used', '8']],
    ['mkv', [...h264]],
  ])('%s %j is refused at any length', async (extension, encoding) => {
    const bytes = await readFile(await make(`x.${extension}`, ...testPattern('128x96', 1), ...encoding));
    for (const share of [0.05, 0.5, 0.9, 0.999]) {
      const path = await write(`cut.${extension}`, bytes.subarray(0, Math.floor(bytes.length * share)));
      expect((await failure(probe(path))).code, String(share)).toBe('input_unreadable');
    }
  });

  it.each([
    ['png', []],
    ['jpg', []],
    ['webp', ['-c:v', 'libwebp']],
  ])('%s is refused at any length', async (extension, encoding) => {
    const path = await make(`x.${extension}`, ...testPattern('128x96', 1), '-frames:v', '1', ...encoding);
    const bytes = await readFile(path);
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const cut = await write(`cut.${extension}`, bytes.subarray(0, Math.floor(bytes.length * share)));
      expect((await failure(probe(cut))).code, String(share)).toBe('input_unreadable');
    }
  });

  it('damage inside a picture is found by decoding it', async () => {
    const bytes = await readFile(await make('p.png', ...testPattern('128x96', 1), '-frames:v', '1'));
    bytes.fill(0xa5, 60, 700);
    expect((await failure(probe(await write('p.png', bytes)))).code).toBe('input_unreadable');
  });

  it('an empty file is none', async () => {
    expect(await failure(probe(await write('x.mp4', '')))).toEqual({
      code: 'input_not_media',
      message: 'is an empty file, not a media file',
    });
  });
});

describe('the probe itself', () => {
  it('says that ffprobe does not start', async () => {
    const path = await make('x.mp3', ...tone(1));
    expect((await failure(probeFile(path, { ffprobePath: '/nowhere/ffprobe' }))).code).toBe('service_unavailable');
  });

  it('is asked again when somebody ends it, and the file is not blamed when that happens twice', async () => {
    const path = await make('x.mp3', ...tone(1));
    const fake = join(await testFolder(), 'ffprobe');
    for (const end of ['kill -KILL $$', 'kill -TERM $$', 'exit 255']) {
      await writeFile(fake, `#!/bin/sh\n[ -e ${fake}.seen ] && exec ${ffprobePath} "$@"\n: > ${fake}.seen\n${end}\n`);
      await chmod(fake, 0o755);
      expect(await probeFile(path, { ffprobePath: fake })).toMatchObject({ kind: 'audio' });
      await rm(`${fake}.seen`);
      await writeFile(fake, `#!/bin/sh\n${end}\n`);
      expect(await failure(probeFile(path, { ffprobePath: fake }))).toEqual({
        code: 'service_unavailable',
        message: 'ffprobe was ended from outside, by somebody or for want of memory',
      });
    }
  });

  it('ends with the reason of the caller', async () => {
    const path = await make('x.mp3', ...tone(1));
    const reason = new Error('cancelled');
    await expect(probeFile(path, { ffprobePath, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
