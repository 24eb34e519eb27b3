import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeFilename } from './filename.ts';

describe('safeFilename', () => {
  it.each([
    ['holiday.mp4', 'holiday.mp4'],
    ['holiday.exe', 'holiday.mp4'],
    ['holiday', 'holiday.mp4'],
    ['my day.final.MOV', 'my day.final.mp4'],
    ['../../etc/passwd', 'passwd.mp4'],
    ['C:\\Users\\me\\clip.mp4', 'clip.mp4'],
    ['...hidden.mp4', 'hidden.mp4'],
    ['.mp4', 'mp4.mp4'],
    ['', 'file.mp4'],
    [undefined, 'file.mp4'],
    ['..', 'file.mp4'],
    ['a\r\nSet-Cookie: x.mp4', 'aSet-Cookie_ x.mp4'],
    ['a"b<c>.mp4', 'a_b_c_.mp4'],
    ['4pm\u202Eexe.mp4', '4pmexe.mp4'],
    ['CON.txt', '_CON.mp4'],
    ['夏の海 🌊.mp4', '夏の海 🌊.mp4'],
  ])('%j becomes %j', (given, expected) => expect(safeFilename(given, 'mp4')).toBe(expected));

  it('writes jpg', () => expect(safeFilename('a.JPEG', 'jpeg')).toBe('a.jpg'));

  it('is safe for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
        const name = safeFilename(given, 'webm');
        expect(name).toMatch(/^[^./\\\p{Cc}\p{Cf}\p{Cs}"<>:|?*;%][^/\\\p{Cc}\p{Cf}\p{Cs}"<>:|?*;%]*\.webm$/u);
        expect([...name].length).toBeLessThanOrEqual(120);
        expect(safeFilename(name, 'webm')).toBe(name);
      }),
    );
  });
});
