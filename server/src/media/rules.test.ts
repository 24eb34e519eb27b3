import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InputRules, MediaProbe } from '../contract/index.ts';
import { failure } from './media.fixture.ts';
import { checkKind, checkRules, normalisation } from './rules.ts';

const clip: MediaProbe = {
  kind: 'video',
  container: 'mp4',
  demuxer: 'mov',
  contentType: 'video/mp4',
  width: 1280,
  height: 720,
  durationSeconds: 6,
  videoCodec: 'h264',
};

const extension: InputRules = {
  require: {
    containers: ['mp4'],
    videoCodecs: ['h264', 'hevc', 'av1'],
    durationSeconds: { minimum: 2, maximum: 15 },
    aspectRatios: ['16:9', '9:16'],
  },
};

const edit: InputRules = { normalise: { fitWithin: { longSide: 854, shortSide: 480 }, maximumSeconds: 8 } };

function check(change: Partial<MediaProbe>, rules: InputRules = extension): Promise<unknown> {
  return failure((async () => checkRules({ ...clip, ...change }, rules, 'video_url'))());
}

describe('checkRules', () => {
  it.each<[Partial<MediaProbe>, string, string]>([
    [{ container: 'webm' }, 'input_container', 'is a webm file; this model takes mp4'],
    [{ videoCodec: 'vp9' }, 'input_codec', 'is encoded with vp9; this model takes h264, hevc or av1'],
    [{ durationSeconds: 17.2 }, 'input_duration', 'is 17.2 s long; this model takes 2 to 15 s, so cut at least 2.2 s'],
    [{ durationSeconds: 15.06 }, 'input_duration', 'is 15.1 s long; this model takes 2 to 15 s, so cut at least 0.1 s'],
    [
      { durationSeconds: 1.5 },
      'input_duration',
      'is 1.5 s long; this model takes 2 to 15 s, so at least 0.5 s are missing',
    ],
    [
      { width: 1000, height: 1000 },
      'input_aspect_ratio',
      'is 1000x1000 (1.00:1); this model takes 16:9 or 9:16, so crop it to 1000x563',
    ],
    [
      { width: 1280, height: 600 },
      'input_aspect_ratio',
      'is 1280x600 (2.13:1); this model takes 16:9 or 9:16, so crop it to 1067x600',
    ],
    [
      { width: 600, height: 800 },
      'input_aspect_ratio',
      'is 600x800 (0.75:1); this model takes 16:9 or 9:16, so crop it to 450x800',
    ],
  ])('refuses %j with %s', async (change, code, message) => {
    expect(await check(change)).toEqual({ code, message: `video_url: ${message}` });
  });

  it.each<Partial<MediaProbe>>([
    {},
    { durationSeconds: 15.05 },
    { durationSeconds: 1.96 },
    { videoCodec: 'hevc' },
    { width: 720, height: 1280 },
    { width: 1280, height: 706 },
    { width: 854, height: 480 },
    { width: 864, height: 480 },
  ])('takes %j', (change) => checkRules({ ...clip, ...change }, extension, 'video_url'));

  it('names an unknown codec', async () => {
    const { videoCodec: _, ...nameless } = clip;
    const refused = failure((async () => checkRules(nameless, extension, 'v'))());
    expect((await refused).message).toContain('an unknown codec');
  });

  it('takes anything without rules', () => checkRules({ ...clip, durationSeconds: 1e6 }, {}, 'v'));
});

describe('checkKind', () => {
  it('says what came and what is taken', async () => {
    checkKind(clip, 'video', 'image_url');
    const refused = failure((async () => checkKind(clip, 'image', 'image_url'))());
    expect(await refused).toEqual({
      code: 'input_wrong_kind',
      message: 'image_url: is a video (mp4); a picture is taken here',
    });
  });
});

describe('normalisation', () => {
  it.each<[string, number, number, number, ReturnType<typeof normalisation>]>([
    ['landscape', 1920, 1080, 6, { width: 854, height: 480, seconds: 6 }],
    ['portrait', 1080, 1920, 6, { width: 480, height: 854, seconds: 6 }],
    ['square', 1080, 1080, 6, { width: 480, height: 480, seconds: 6 }],
    ['wide', 2560, 1080, 6, { width: 854, height: 360, seconds: 6 }],
    ['already fits', 854, 480, 6, undefined],
    ['smaller is never enlarged', 640, 360, 8.04, undefined],
    ['too long only', 640, 360, 9, { width: 640, height: 360, seconds: 8 }],
    ['too long and odd', 641, 361, 9, { width: 640, height: 360, seconds: 8 }],
    ['odd but fitting', 641, 361, 8, undefined],
    ['too large and too long', 1280, 720, 20, { width: 854, height: 480, seconds: 8 }],
  ])('%s: %ix%i, %d s', (_name, width, height, durationSeconds, expected) => {
    expect(normalisation({ ...clip, width, height, durationSeconds }, edit)).toEqual(expected);
  });

  it.each<[number, number, ReturnType<typeof normalisation>]>([
    [1280, 720, undefined],
    [640, 360, { width: 1280, height: 720, seconds: 6 }],
    [3840, 2160, { width: 1920, height: 1080, seconds: 6 }],
    [360, 640, { width: 720, height: 1280, seconds: 6 }],
    [2000, 20, { width: 4096, height: 40, seconds: 6 }],
    [8000, 20, undefined],
  ])('short side of %ix%i', (width, height, expected) => {
    const rules = { normalise: { shortSide: { minimum: 720, maximum: 1080 } } };
    expect(normalisation({ ...clip, width, height }, rules)).toEqual(expected);
  });

  it('leaves pictures, and videos without rules, alone', () => {
    expect(normalisation({ ...clip, kind: 'image' }, edit)).toBeUndefined();
    expect(normalisation(clip, { require: {} })).toBeUndefined();
  });

  it('always ends inside the box, even, never larger, and nearly in shape', () => {
    const side = fc.integer({ min: 16, max: 8_000 });
    fc.assert(
      fc.property(side, side, fc.double({ min: 0.1, max: 100, noNaN: true }), (width, height, durationSeconds) => {
        const found = normalisation({ ...clip, width, height, durationSeconds }, edit);
        const result = found ?? { width, height, seconds: durationSeconds };
        expect(Math.max(result.width, result.height)).toBeLessThanOrEqual(854);
        expect(Math.min(result.width, result.height)).toBeLessThanOrEqual(480);
        expect(result.width).toBeLessThanOrEqual(width + 1);
        expect(result.height).toBeLessThanOrEqual(height + 1);
        expect(result.seconds).toBeLessThanOrEqual(8.05);
        if (found === undefined) return;
        expect([found.width % 2, found.height % 2]).toEqual([0, 0]);
        const exact = Math.min(1, 854 / Math.max(width, height), 480 / Math.min(width, height));
        expect(Math.abs(found.width - width * exact)).toBeLessThanOrEqual(2);
        expect(Math.abs(found.height - height * exact)).toBeLessThanOrEqual(2);
      }),
    );
  });
});
