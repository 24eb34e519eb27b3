import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Asset } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';

/**
 * Signed links to stored files: whoever holds one may read the file until it expires.
 *
 * 1. The signature covers the asset's id, the filename and the expiry; there is one spelling of each that is accepted.
 * 2. Expiries are whole hours, so that the link to an asset stays the same for an hour and caches can use it.
 * 3. A link never outlives its file.
 */

export interface LinksOptions {
  readonly secret: string;
  /** Base of every link, e.g. `https://video.example.org` or `http://127.0.0.1:8080/reelay`; asked when a link is made. */
  readonly publicUrl: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface RecognisedLink {
  readonly assetId: string;
  readonly expired: boolean;
}

export type LinkedAsset = Pick<Asset, 'id' | 'filename' | 'expiresAt'>;

export interface LinkOptions {
  readonly lifetimeMs?: number;
  /** Leads to this server, also where others lead to the store. */
  readonly throughServer?: boolean;
}

export interface Links {
  /** A link for 24 hours, or the lifetime given, rounded up to the hour, at most until the asset expires. */
  sign(asset: LinkedAsset, options?: LinkOptions): string;
  /** Checks a request for a file. The pathname is the raw one, from `/files/` on or with a base before it. Throws `link_invalid`. */
  verify(pathname: string, searchParams: URLSearchParams): { readonly assetId: string };
  /** Whether a URL is one of our links, whatever host and base it names. Undefined where it is not. */
  recognise(url: string): RecognisedLink | undefined;
}

export const hourSeconds = 3_600;
const defaultLifetimeMs = 24 * 3_600_000;
const purpose = 'reelay file link v1';

interface LinkParts {
  readonly assetId: string;
  readonly filename: string;
  readonly expires: number;
  readonly signature: string;
}

/** When a link ends, in seconds since the epoch: the same for an hour, and never after the file's own end. */
export function expiryOf({ expiresAt }: LinkedAsset, lifetimeMs: number | undefined, now: number): number {
  const wanted = Math.ceil((now + (lifetimeMs ?? defaultLifetimeMs)) / 1_000 / hourSeconds) * hourSeconds;
  return Math.max(1, Math.min(wanted, Math.floor(expiresAt / 1_000)));
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

const linkPath = /\/files\/([A-Za-z0-9_-]+)\/([^/]+)$/;

/** The file that a URL leads to if it is a link to this server; its signature is not looked at. */
export function fileBehind({ pathname }: URL): string | undefined {
  return linkPath.exec(pathname)?.[1];
}

/** No data URI is parsed. */
export function mayBeLink(url: string): boolean {
  return url.length <= 2_048 && URL.canParse(url);
}

function readParts(pathname: string, searchParams: URLSearchParams): LinkParts | undefined {
  const [, assetId, encoded = ''] = linkPath.exec(pathname) ?? [];
  const filename = decodeSegment(encoded);
  const [expires = '', ...moreExpires] = searchParams.getAll('expires');
  const [signature = '', ...moreSignatures] = searchParams.getAll('signature');
  if (assetId === undefined || filename === undefined || filename === '') return undefined;
  if (!/^[1-9]\d{0,11}$/.test(expires) || moreExpires.length + moreSignatures.length > 0) return undefined;
  return { assetId, filename, expires: Number(expires), signature };
}

export function isSame(given: string, right: string): boolean {
  // The text is compared, not the bytes it stands for: base64 has several spellings of the same bytes.
  const left = Buffer.from(given, 'utf8');
  const expected = Buffer.from(right, 'utf8');
  return left.length === expected.length && timingSafeEqual(left, expected);
}

export function createLinks({ secret, publicUrl, now }: LinksOptions): Links {
  const signatureOf = ({ assetId, filename, expires }: Omit<LinkParts, 'signature'>): string =>
    createHmac('sha256', secret)
      .update(JSON.stringify([purpose, assetId, filename, expires]))
      .digest('base64url');

  const check = (pathname: string, searchParams: URLSearchParams): RecognisedLink | undefined => {
    const parts = readParts(pathname, searchParams);
    if (parts === undefined || !isSame(parts.signature, signatureOf(parts))) return undefined;
    return { assetId: parts.assetId, expired: parts.expires * 1_000 <= now() };
  };

  return {
    sign(asset, { lifetimeMs } = {}) {
      const { id, filename } = asset;
      const expires = expiryOf(asset, lifetimeMs, now());
      const signature = signatureOf({ assetId: id, filename, expires });
      return `${publicUrl().replace(/\/+$/, '')}/files/${id}/${encodeURIComponent(filename)}?expires=${expires}&signature=${signature}`;
    },

    verify(pathname, searchParams) {
      const link = check(pathname, searchParams);
      if (link === undefined) throw new ReelayError('link_invalid', 'This link is not valid: its signature is wrong.');
      if (link.expired) throw new ReelayError('link_invalid', 'This link has expired.');
      return { assetId: link.assetId };
    },

    recognise(url) {
      if (!mayBeLink(url)) return undefined;
      const { protocol, pathname, searchParams } = new URL(url);
      return protocol === 'http:' || protocol === 'https:' ? check(pathname, searchParams) : undefined;
    },
  };
}
