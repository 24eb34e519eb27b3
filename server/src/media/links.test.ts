import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLinks } from './links.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2026, 10, 1, 12, 34, 56, 789);

function linksAt(time: number, secret = 'secret') {
  return createLinks({ secret, publicUrl: () => 'https://video.example/base/', now: () => time });
}

const asset = { id: 'asset_1-x', filename: 'a day & a night #1 – é.mp4', expiresAt: now + 30 * 24 * hourMs };

function verify(link: string, time = now, secret = 'secret') {
  const { pathname, searchParams } = new URL(link);
  return linksAt(time, secret).verify(pathname, searchParams);
}

/** What a link says, where it can be decoded at all. */
function spelled({ pathname, search }: URL): string {
  try {
    return decodeURIComponent(pathname) + search;
  } catch {
    return pathname + search;
  }
}

const refused = expect.objectContaining({ code: 'link_invalid' });

describe('links', () => {
  it('lead to the asset until they expire', () => {
    const link = linksAt(now).sign(asset);
    expect(link).toMatch(/^https:\/\/video\.example\/base\/files\/asset_1-x\/[^/?]+\?expires=\d+&signature=[\w-]{43}$/);
    const expires = Number(new URL(link).searchParams.get('expires')) * 1_000;
    expect(expires).toBeGreaterThanOrEqual(now + 24 * hourMs);
    expect(expires).toBeLessThan(now + 25 * hourMs);
    expect(verify(link)).toEqual({ assetId: asset.id });
    expect(verify(link, expires - 1)).toEqual({ assetId: asset.id });
    expect(() => verify(link, expires)).toThrow('This link has expired.');
    expect(() => verify(link, now, 'other')).toThrow('signature is wrong');
  });

  it('stay the same within an hour', () => {
    const start = Math.ceil(now / hourMs) * hourMs + 1;
    const first = linksAt(start).sign(asset);
    expect(linksAt(start + hourMs - 1).sign(asset)).toBe(first);
    expect(linksAt(start + hourMs).sign(asset)).not.toBe(first);
  });

  it('never outlive the asset', () => {
    const link = linksAt(now).sign({ ...asset, expiresAt: now + 1_999 });
    expect(Number(new URL(link).searchParams.get('expires'))).toBe(Math.floor((now + 1_999) / 1_000));
    expect(() => verify(linksAt(now).sign({ ...asset, expiresAt: 0 }))).toThrow('expired');
  });

  it('may live shorter or longer', () => {
    const expires = (lifetimeMs: number) =>
      Number(new URL(linksAt(now).sign(asset, { lifetimeMs })).searchParams.get('expires')) * 1_000;
    expect(expires(0)).toBeLessThanOrEqual(now + hourMs);
    expect(expires(100 * hourMs)).toBeGreaterThanOrEqual(now + 100 * hourMs);
  });

  it('are recognised whatever host and base they name', () => {
    const link = linksAt(now).sign(asset);
    for (const base of ['http://127.0.0.1:8080', 'https://other.example:444/x/y', 'HTTPS://VIDEO.EXAMPLE/base']) {
      const moved = link.replace('https://video.example/base', base);
      expect(linksAt(now).recognise(moved)).toEqual({ assetId: asset.id, expired: false });
    }
    expect(linksAt(now + 48 * hourMs).recognise(link)).toEqual({ assetId: asset.id, expired: true });
    expect(linksAt(now, 'other').recognise(link)).toBeUndefined();
    for (const url of [
      '',
      'x',
      'ftp://x/files/a/b',
      'https://x/files/a/b',
      link.replace('https:', 'ftp:'),
      `data:${link}`,
    ]) {
      expect(linksAt(now).recognise(url)).toBeUndefined();
    }
  });

  it('are not taken in another spelling', () => {
    const link = linksAt(now).sign(asset);
    const changes = [
      link.replace('expires=', 'expires=0'),
      link.replace('expires=', 'expires=%2B'),
      link.replace('&signature', '.0&signature'),
      `${link}=`,
      `${link}&signature=x`,
      `${link}&expires=99999999999`,
      link.replace('asset_1-x', 'asset_1-x/'),
      link.replace('/files/asset_1-x/', '/files/%61sset_1-x/'),
      link.replace('/files/', '/files/x/../y/'),
      link.replace('.mp4', '.mp4/'),
      link.replace('.mp4', '%ZZ'),
      link.replace(/files\/[^?]+/, 'files/asset_1-x/'),
    ];
    for (const change of changes) {
      const { pathname, searchParams } = new URL(change);
      expect(() => linksAt(now).verify(pathname, searchParams), change).toThrow(refused);
      expect(linksAt(now).recognise(change), change).toBeUndefined();
    }
  });

  it('refuse every change of a character', () => {
    const link = new URL(linksAt(now).sign(asset));
    const text = `${link.pathname}${link.search}`;
    const from = text.indexOf('/files/') + '/files/'.length;
    fc.assert(
      fc.property(
        fc.integer({ min: from, max: text.length - 1 }),
        fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'),
        (at, character) => {
          const changed = new URL(text.slice(0, at) + character + text.slice(at + 1), link);
          fc.pre(spelled(changed) !== spelled(link));
          expect(() => linksAt(now).verify(changed.pathname, changed.searchParams)).toThrow(refused);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('round-trip any name and id', () => {
    const name = fc.string({ minLength: 1, maxLength: 120, unit: 'grapheme' });
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/), name, (id, filename) => {
        fc.pre(filename !== '.' && filename !== '..');
        const link = linksAt(now).sign({ ...asset, id, filename });
        expect(verify(link)).toEqual({ assetId: id });
        expect(linksAt(now).recognise(link)).toEqual({ assetId: id, expired: false });
      }),
    );
  });

  it('do not confuse a name with an id or an expiry', () => {
    const of = (id: string, filename: string) =>
      new URL(linksAt(now).sign({ ...asset, id, filename })).searchParams.get('signature');
    expect(of('a', 'b","c')).not.toBe(of('a","b', 'c'));
    expect(of('a', 'bc')).not.toBe(of('ab', 'c'));
  });
});
