import { gzipSync } from 'node:zlib';
import { box, chunk, latin, pngHeader, pngSignature, u16, u32 } from './boxes.ts';
import { broken, type HostileFile, type Lures, notMedia, type Samples } from './hostile-file.ts';

/** Playlists, scripts, pages and programs that call themselves media, and media with such things inside. */

/** Texts that make a reader open what they name, each once for a file and once for an address. */
function pointers(target: string): Readonly<Record<string, string>> {
  const segment = `#EXTINF:1,\n${target}\n#EXT-X-ENDLIST\n`;
  return {
    'HLS playlist': `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${segment}`,
    'HLS playlist behind blank lines': `\n\n  #EXTM3U\n#EXT-X-TARGETDURATION:1\n${segment}`,
    'HLS master playlist': `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${target}\n`,
    'HLS playlist with a key': `#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="${target}"\n${segment}`,
    'HLS playlist with a map': `#EXTM3U\n#EXT-X-MAP:URI="${target}"\n${segment}`,
    'HLS playlist with a part of a file': `#EXTM3U\n#EXTINF:1,\nsubfile,,start,0,end,9,,:${target}\n`,
    'HLS playlist with a concatenation': `#EXTM3U\n#EXTINF:1,\nconcat:${target}|${target}\n`,
    'DASH manifest': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${target}</BaseURL></MPD>`,
    'concat script': `ffconcat version 1.0\nfile '${target}'\n`,
    'concat script without a head': `file '${target}'\n`,
    'PLS playlist': `[playlist]\nFile1=${target}\nNumberOfEntries=1\n`,
    'M3U playlist without a head': `${target}\n`,
    'XSPF playlist': `<?xml version="1.0"?><playlist><trackList><track><location>${target}</location></track></trackList></playlist>`,
    'ASX playlist': `<asx version="3.0"><entry><ref href="${target}"/></entry></asx>`,
    'SMIL presentation': `<smil><body><video src="${target}"/></body></smil>`,
    'cue sheet': `FILE "${target}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n`,
    'AviSynth script': `FFVideoSource("${target}")\n`,
    'SVG with a picture': `<svg xmlns="http://www.w3.org/2000/svg"><image href="${target}" width="9" height="9"/></svg>`,
    'SVG with an entity': `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "${target}">]><svg>&x;</svg>`,
    'SVG with a style sheet': `<?xml-stylesheet href="${target}"?><svg xmlns="http://www.w3.org/2000/svg"/>`,
    'page with a redirect': `<!doctype html><meta http-equiv="refresh" content="0;url=${target}">`,
  };
}

function playlists({ secretPath, secretUrl }: Lures): readonly HostileFile[] {
  const targets = { 'a file': secretPath, 'an address': `${secretUrl}/secret.ts` };
  return Object.entries(targets).flatMap(([what, target]) =>
    Object.entries(pointers(target)).map(([name, text]) => ({
      ...{ name: `${name} that names ${what}`, bytes: Buffer.from(text), refused: notMedia, kind: 'video' as const },
    })),
  );
}

const texts: Readonly<Record<string, string | Buffer>> = {
  'SDP description': 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n',
  'metadata script': ';FFMETADATA1\ntitle=x\n[CHAPTER]\nSTART=0\nEND=1\n',
  subtitles: '1\n00:00:00,000 --> 00:00:09,000\n<font face="/etc/passwd">x</font>\n',
  'pattern of picture names': 'frame%09d.png',
  'HTML page': '<html><script>fetch("/v1/tasks")</script></html>',
  'HTML page in UTF-16': Buffer.from('\ufeff<html><script>1</script></html>', 'utf16le'),
  'SVG with a script': '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  'JSON answer': '{"error":"not found"}',
  'shell script': '#!/bin/sh\nid > /tmp/x\n',
  'compressed SVG': gzipSync('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  'compressed zeros': gzipSync(Buffer.alloc(20_000_000)),
  'PDF document with a script': '%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n',
  'ZIP archive': 'PK\x03\x04\x14\0\0\0',
  'Linux program': '\x7fELF\x02\x01\x01\0',
  'Windows program': 'MZ\x90\0\x03\0\0\0',
  'GIF with a script': 'GIF89a/*\x01\0\x01\0*/=1;alert(1)//',
  'GIF of 65535 by 65535 pixels': 'GIF89a\xff\xff\xff\xff\x80\0\0',
  'BMP of two billion pixels a side': Buffer.concat([
    latin('BM'),
    u32(0, 0, 0x36000000, 0x28000000, 0xffffff7f, 0xffffff7f),
  ]),
  'TIFF picture': 'II*\0\x08\0\0\0\x01\0',
  'MPEG transport stream': Buffer.concat(Array.from({ length: 8 }, () => Buffer.alloc(188, 'G\0\0\x10', 'latin1'))),
  'Flash video': 'FLV\x01\x05\0\0\0\x09',
  'AVI video': 'RIFF\xff\xff\xff\x7fAVI LIST',
  'FLAC sound': 'fLaC\0\0\0\x22',
  'Windows Media file': '0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel',
  'nothing at all': '',
  'random bytes': Buffer.from('c0ffee0017d2a95b3e8842f1'.repeat(200), 'hex'),
};

/** Readers that look past the first bytes of a medium find a playlist there. */
function hiddenPlaylists({ secretPath }: Lures): readonly HostileFile[] {
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${secretPath}\n#EXT-X-ENDLIST\n`;
  const starts = {
    'an ID3 tag': 'ID3\x03\0\0\0\0\0\x0a\0\0\0\0\0\0\0\0\0\0',
    'the start of an MP4': '\0\0\0\x18ftypmp42\0\0\0\0mp42isom',
    'the start of a Matroska file': '\x1aE\xdf\xa3\x80\x18\x53\x80\x67\xff',
    'the start of an Ogg file': 'OggS',
    'the start of a WAV': 'RIFF\xff\xff\xff\xffWAVE',
    'the start of a WebP': 'RIFF\xff\xff\xff\x0fWEBP',
    'the start of a JPEG': '\xff\xd8\xff\xe0',
    'the start of a PNG': '\x89PNG\r\n\x1a\n',
  };
  return Object.entries(starts).map(([name, start]) => ({
    ...{ name: `playlist behind ${name}`, bytes: latin(start + playlist), refused: broken, kind: 'video' as const },
  }));
}

/** Good media that are something else as well: stored, and served as what they are. */
function polyglots({ clip, jpeg, png }: Samples): readonly HostileFile[] {
  const page = latin('<html><script>alert(document.domain)</script></html>');
  const comment = Buffer.concat([latin('\xff\xfe'), u16(page.length + 2), page]);
  const withText = Buffer.concat([
    png.subarray(0, -12),
    chunk('tEXt', Buffer.concat([latin('Comment\0'), page])),
    png.subarray(-12),
  ]);
  return [
    { name: 'MP4 with a page in a box', bytes: Buffer.concat([clip, box('free', page)]), kind: 'video' },
    { name: 'MP4 with a page behind it', bytes: Buffer.concat([clip, page]), kind: 'video' },
    {
      name: 'MP4 with a ZIP archive behind it',
      bytes: Buffer.concat([clip, latin('PK\x05\x06'), Buffer.alloc(18)]),
      kind: 'video',
    },
    {
      name: 'JPEG with a ZIP archive behind it',
      bytes: Buffer.concat([jpeg, latin('PK\x05\x06'), Buffer.alloc(18)]),
      kind: 'image',
    },
    {
      name: 'JPEG with a script in its comment',
      bytes: Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]),
      kind: 'image',
    },
    { name: 'PNG with a page in its text', bytes: withText, kind: 'image' },
    {
      name: 'PNG that is only a page',
      bytes: Buffer.concat([pngSignature, pngHeader(64, 48), chunk('tEXt', page), chunk('IEND', Buffer.alloc(0))]),
      ...{ refused: broken, kind: 'image' },
    },
  ];
}

export function hostileTexts(lures: Lures, samples: Samples): readonly HostileFile[] {
  return [
    ...playlists(lures),
    ...Object.entries(texts).map(([name, content]) => ({
      ...{
        name,
        bytes: typeof content === 'string' ? latin(content) : content,
        refused: notMedia,
        kind: 'video' as const,
      },
    })),
    ...hiddenPlaylists(lures),
    ...polyglots(samples),
  ];
}
