import { createHash, createHmac } from 'node:crypto';
import { expiryOf, fileBehind, hourSeconds, isSame, type Links, mayBeLink } from './links.ts';
import type { S3Settings } from './s3-settings.ts';

/**
 * Links that lead clients to the object store itself, signed as S3 has it (Signature Version 4, in the query).
 *
 * 1. They end when a link of ours would. Their date is a whole hour, so that they stay the same for an hour like ours;
 *    the s3mini client dates them by the second, and signs asynchronously, which a link in the middle of an answer cannot wait for.
 * 2. They are recognised as inputs, and then read with our own key and never as a user's address.
 */

/** How much the store's clock may be behind ours, in seconds: a link from its future would not be taken. */
const skewSeconds = 15 * 60;

/** The longest that S3 lets such a link live. */
const longestSeconds = 7 * 86_400;

interface Target {
  readonly key: string;
  readonly filename: string;
  /** Seconds since the epoch. */
  readonly date: number;
  readonly expires: number;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function dispositionOf(filename: string): string {
  return `inline; filename="${filename.replace(/[^\x20-\x7e]|["\\]/g, '_')}"`;
}

function signature(
  canonical: string,
  { time, scope, settings }: { readonly time: string; readonly scope: string; readonly settings: S3Settings },
): string {
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${settings.secretAccessKey}`);
  return hmac(Buffer.from(key), ['AWS4-HMAC-SHA256', time, scope, hashed].join('\n')).toString('hex');
}

function presign({ key, filename, date, expires }: Target, settings: S3Settings): string {
  const base = new URL(`${settings.endpoint.replace(/\/+$/, '')}/${settings.bucket}/${key}`);
  const time = `${new Date(date * 1_000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const scope = `${time.slice(0, 8)}/${settings.region}/s3/aws4_request`;
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${settings.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(Math.max(1, Math.min(longestSeconds, expires - date))),
    'X-Amz-SignedHeaders': 'host',
    'response-content-disposition': dispositionOf(filename),
  })
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
  const canonical = ['GET', base.pathname, query, `host:${base.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  return `${base.href}?${query}&X-Amz-Signature=${signature(canonical, { time, scope, settings })}`;
}

/** What an address of the store names, where it has the form of one of ours; its signature is another matter. */
function readTarget(url: URL): Target | undefined {
  const [, key] = /\/([A-Za-z0-9_-]+\.[A-Za-z0-9]+)$/.exec(url.pathname) ?? [];
  const get = (name: string) => url.searchParams.get(name) ?? '';
  const [, filename] = /^inline; filename="([^"]*)"$/.exec(get('response-content-disposition')) ?? [];
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(get('X-Amz-Date')) ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  const date = Date.UTC(year, month - 1, ...rest) / 1_000;
  const lifetime = Number(get('X-Amz-Expires'));
  if (key === undefined || filename === undefined || parts.length === 0 || !Number.isInteger(lifetime))
    return undefined;
  return { key, filename, date, expires: date + lifetime };
}

function assetOf({ key }: Target): string {
  return key.replace(/\.[^.]*$/, '');
}

/** The file that a URL leads to if it is one of our links, to this server or to the store; its signature is not looked at. */
export function fileNamedBy(text: string): string | undefined {
  if (!mayBeLink(text)) return undefined;
  const url = new URL(text);
  const target = readTarget(url);
  return target === undefined ? fileBehind(url) : assetOf(target);
}

export interface DirectLinksOptions {
  /** Links through this server, which are still taken and made where one is asked for. */
  readonly links: Links;
  readonly settings: S3Settings;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createDirectLinks({ links, settings, now }: DirectLinksOptions): Links {
  return {
    sign(asset, options = {}) {
      if (options.throughServer) return links.sign(asset, options);
      const expires = expiryOf(asset, options.lifetimeMs, now());
      const date = Math.floor((now() / 1_000 - skewSeconds) / hourSeconds) * hourSeconds;
      const key = `${asset.id}.${asset.filename.split('.').at(-1)}`;
      return presign({ key, filename: asset.filename, date, expires }, settings);
    },

    verify: (pathname, searchParams) => links.verify(pathname, searchParams),

    recognise(text) {
      const own = links.recognise(text);
      if (own !== undefined || !mayBeLink(text)) return own;
      const target = readTarget(new URL(text));
      if (target === undefined || !isSame(text, presign(target, settings))) return undefined;
      return { assetId: assetOf(target), expired: target.expires * 1_000 <= now() };
    },
  };
}
