import { describe, expect, it } from 'vitest';
import type { Size } from '../geometry.ts';
import type { Rgb } from './palette.ts';
import { codeFrame, showFrame, videoFrameBytes } from './video-frame.ts';

function filled({ width, height }: Size, [red, green, blue]: Rgb): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => [red, green, blue][i % 3] as number);
}

function thereAndBack(rgb: Uint8Array, size: Size): Uint8Array {
  const frame = new Uint8Array(videoFrameBytes(size));
  const shown = new Uint8Array(rgb.length);
  codeFrame(rgb, size, frame);
  showFrame(frame, size, shown);
  return shown;
}

describe('frames of video', () => {
  const size = { width: 16, height: 16 };

  // Brightness, blueness and redness by BT.709, 16 to 235 and 16 to 240.
  it.each<[string, Rgb, readonly number[]]>([
    ['black', [0, 0, 0], [16, 128, 128]],
    ['white', [255, 255, 255], [235, 128, 128]],
    ['grey', [128, 128, 128], [126, 128, 128]],
    ['red', [255, 0, 0], [63, 102, 240]],
    ['green', [0, 255, 0], [173, 42, 26]],
    ['blue', [0, 0, 255], [32, 240, 118]],
  ])('have %s where the standard has it', (_, colour, wanted) => {
    const frame = new Uint8Array(videoFrameBytes(size));
    codeFrame(filled(size, colour), size, frame);
    expect([frame[0], frame[256], frame[256 + 64]]).toEqual(wanted);
  });

  it.each([
    [16, 16],
    [18, 20],
    [46, 16],
    [86, 48],
  ])('keep a colour all over %ix%i', (width, height) => {
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [30, 144, 200],
      [250, 20, 90],
    ] satisfies Rgb[]) {
      const rgb = filled({ width, height }, colour);
      const shown = thereAndBack(rgb, { width, height });
      const farthest = rgb.reduce((most, value, i) => Math.max(most, Math.abs(value - (shown[i] as number))), 0);
      expect(farthest, String(colour)).toBeLessThanOrEqual(2);
    }
  });

  it('keep every grey, neither lighter nor darker on average', () => {
    const wide = { width: 256, height: 16 };
    const rgb = Uint8Array.from({ length: 256 * 16 * 3 }, (_, i) => Math.floor(i / 3) % 256);
    const shown = thereAndBack(rgb, wide);
    const differences = Array.from(rgb, (value, i) => (shown[i] as number) - value);
    expect(Math.max(...differences.map(Math.abs))).toBe(1);
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeCloseTo(0, 1);
  });

  it('keep an edge in its place', () => {
    const wide = { width: 32, height: 32 };
    const rgb = filled(wide, [20, 60, 120]);
    for (let i = 0; i < rgb.length; i += 3) if ((i / 3) % 32 >= 16 && i / 96 < 16) rgb.set([220, 160, 80], i);
    const shown = thereAndBack(rgb, wide);
    const greenAt = (x: number, y: number) => shown[(y * 32 + x) * 3 + 1] as number;
    expect(greenAt(15, 8)).toBeLessThan(80);
    expect(greenAt(16, 8)).toBeGreaterThan(140);
    expect(greenAt(24, 15)).toBeGreaterThan(140);
    expect(greenAt(24, 16)).toBeLessThan(80);
  });
});
