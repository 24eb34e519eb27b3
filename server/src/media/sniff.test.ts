import { describe, expect, it } from 'vitest';
import { sniff } from './sniff.ts';

function nameOf(content: string, encoding: BufferEncoding = 'latin1'): string {
  const found = sniff(Buffer.from(content, encoding));
  return 'name' in found ? found.name : `${found.container} by ${found.demuxer}`;
}

describe('sniff', () => {
  it.each([
    ['<!DOCTYPE html><html>', 'an HTML page'],
    ['\n\t <!-- a --><!-- b -->\n<html lang="en">', 'an HTML page'],
    ['<script>alert(1)</script>', 'an HTML page'],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'an XML document'],
    ['{"error":"not found"}', 'JSON'],
    ['[1, 2]', 'JSON'],
    ['Not found', 'plain text'],
    ['BM is how this text begins, and no picture', 'plain text'],
    ['MZ', 'plain text'],
    ['MZ\x90\0\x03\0\0\0', 'a program'],
    ['BM\x36\0\x0c\0\0\0\0\0', 'a BMP picture'],
    ['%PDF-1.7', 'a PDF document'],
    ['PK\x03\x04', 'a ZIP archive'],
    ['\x1f\x8b\x08\0', 'gzip-compressed data'],
    ['GIF89a', 'a GIF picture'],
    ['fLaC\0\0\0\x22', 'a FLAC sound'],
    ['RIFF\0\0\0\0AVI LIST', 'an AVI video'],
    ['\0\0\0\x18ftypheic\0\0\0\0', 'a HEIC picture'],
    ['\0\0\0\x20ftypavif\0\0\0\0', 'an AVIF picture'],
    ['\0\0\0\x18ftypisom\0\0\0\0', 'mp4 by mov'],
    ['\0\0\0\x18ftypqt  \0\0\0\0', 'mov by mov'],
    ['\0\0\0\x18ftypM4A \0\0\0\0', 'm4a by mov'],
    ['\0\0\0\x08wide\0\0\0\0mdat', 'mov by mov'],
    ['\0\0\0\x18stypmsdh\0\0\0\0', 'one segment of a streamed video'],
    ['\xff\xfb\x90\x64\0\0', 'mp3 by mp3'],
    ['\xff\xfe<\0h\0t\0m\0l\0>\0', 'an HTML page'],
    ['\x00\x01\x02\x03\x04\x05\x06\x07\x08', 'data of an unknown format'],
    [`G${'\0'.repeat(187)}G`, 'an MPEG transport stream'],
  ])('%j is %s', (content, name) => expect(nameOf(content)).toBe(name));

  it('reads text in UTF-8, also where it is cut inside a character', () => {
    expect(nameOf('\ufeff<html>', 'utf8')).toBe('an HTML page');
    const bytes = Buffer.from('Übergröße – 見つかりません', 'utf8');
    expect(sniff(bytes.subarray(0, bytes.length - 1))).toEqual({ kind: 'not-media', name: 'plain text' });
  });

  it('does not think long about crafted markup', () => {
    const started = performance.now();
    expect(nameOf('<!---->'.repeat(585))).toBe('plain text');
    expect(nameOf(`<?xml?>${'<!-- '.repeat(800)}`)).toBe('an XML document');
    expect(performance.now() - started).toBeLessThan(200);
  });
});
