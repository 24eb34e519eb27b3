import { planPrompt } from '@reelay/renderer';
import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { searchText } from '../src/database/search-text.ts';
import { prefersHtml } from '../src/docs/html-page.ts';
import { StaticFile } from '../src/http/static-file.ts';
import { parseAddressRules } from '../src/media/address.ts';
import { checkDataUri, isDataUri } from '../src/media/data-uri.ts';
import { safeFilename } from '../src/media/filename.ts';
import { createLinks } from '../src/media/links.ts';
import { sniff } from '../src/media/sniff.ts';
import { checkUrlForm } from '../src/media/url-form.ts';
import { readDirectives } from '../src/providers/local/directives.ts';
import { searchWords } from '../src/tasks/prompt-search.ts';

/**
 * Attacks on whatever reads a client's text, by texts that make careless patterns and grammars look back again and again. Held by
 * the CPU time that each takes, which a busy machine does not change.
 */

/** Characters: eight times a prompt's, and twice what all headers may have. */
const length = 32_000;

/** Characters that a prompt may have. */
const promptLength = 4_096;

/** CPU time that each may take, in milliseconds: what grows with the square of the length takes seconds. */
const patienceMs = 400;

/** The same for a plan of the longest text, which takes 0.2 s where nothing is looked at twice, and 20 s otherwise. */
const planPatienceMs = 2_000;

const repeated = [
  'a',
  ' ',
  '\t',
  '\n',
  '.',
  ',',
  '=',
  '/',
  '%',
  '@image',
  '@image ',
  '[reelay:',
  '[reelay:slow=',
  'not ',
  'no ',
  'without ',
  'and ',
  'then ',
  'pan ',
  'the camera pans left then ',
  'a sea, ',
  'a sea. ',
  'no sea and no ',
  'snow on snow ',
  'red blue ',
  'very very ',
  'turns into ',
  '海',
  '海、',
  '不要海',
  '镜头',
  'ﬁ',
  '\u0301',
  '\u202e',
  '👩‍👩‍👧',
  'e\u0301 ',
  "'",
  '"',
  '(',
  '((a)',
  '-',
  '—',
  '<!--',
  '\\',
  '../',
  'a,;q=0.',
  'gzip;q=0.0.',
  'W/"a" , ',
  'file ',
  "file '",
  '::',
  '1.',
  'data:a/a;a=',
  '://',
];

function filled(part: string, characters = length): string {
  return part.repeat(Math.ceil(characters / part.length)).slice(0, characters);
}

const texts = repeated.flatMap((part) => {
  const whole = filled(part);
  return [whole, `a${whole}`, `${whole}!`, `data:image/png;base64,${whole}`, `a sea ${whole} at night`];
});

const links = createLinks({ secret: 'secret', publicUrl: () => 'https://a.example.com', now: Date.now });

const readers: readonly (readonly [name: string, read: (text: string) => unknown])[] = [
  ['what a prompt asks of the renderer', readDirectives],
  ['a prompt to be searched', searchText],
  ['words to search for', searchWords],
  ['the name of a file', (text) => safeFilename(text, 'mp4')],
  ['whether a text is a data URI', isDataUri],
  ['a data URI', checkDataUri],
  ['an address', (text) => checkUrlForm(`https://${text}`, [])],
  ['a path of an address', (text) => checkUrlForm(`https://a.example.com/${text}`, [])],
  ['a link of ours', (text) => links.recognise(`https://a.example.com/files/${text}`)],
  ['the query of a link', (text) => links.verify('/files/a/b', new URLSearchParams(text))],
  ['the path of a link', (text) => links.verify(`/files/${text}`, new URLSearchParams())],
  ['what kind of file it is', (text) => sniff(Buffer.from(text))],
  ['what a client accepts', prefersHtml],
  ['rules for addresses', parseAddressRules],
];

/** Milliseconds of CPU time. */
function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  try {
    work();
  } catch {
    // Refusing is right as well.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('bounded is the time that it takes to read', () => {
  test.each(readers)('%s', (_name, read) => {
    for (const text of texts) {
      const taken = cpuMsOf(() => read(text));
      expect(taken, JSON.stringify(text.slice(0, 60))).toBeLessThan(patienceMs);
    }
  });

  test('a prompt', () => {
    const longest = ['—', ',', '::', '://', 'and ', 'no ', 'pan ', '海、'].map((part) => filled(part));
    for (const text of [...longest, ...repeated.map((part) => filled(part, promptLength))]) {
      const taken = cpuMsOf(() => planPrompt(`no sea, ${text} or a city`, 'edit'));
      expect(taken, JSON.stringify(text.slice(0, 60))).toBeLessThan(planPatienceMs);
    }
  });

  test('the headers of a request for a document', async () => {
    const app = fastify();
    const file = new StaticFile('x'.repeat(2_000), { type: 'text/plain', cacheControl: 'no-cache' });
    app.get('/', (request, reply) => file.send(request, reply));
    await app.ready();
    for (const text of texts.map((one) => one.slice(0, 16_000).replaceAll(/[^\t\x20-\x7e]/g, ' '))) {
      const headers = { 'if-none-match': text, 'accept-encoding': text, accept: text };
      const before = process.cpuUsage();
      await app.inject({ url: '/', headers });
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1_000, JSON.stringify(text.slice(0, 60))).toBeLessThan(patienceMs);
    }
    await app.close();
  });
});
