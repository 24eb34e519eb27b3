import { isIP } from 'node:net';
import { ReelayError } from '../errors.ts';
import { type AddressRule, isAllowedByRule, isPossiblePort, isReachable } from './address.ts';
import { checkDataUri, isDataUri } from './data-uri.ts';

/**
 * What can be said about a user-given URL without touching the network. The fetcher asks the same question of every
 * hop, and then again of every resolved address.
 */

const maximumUrlLength = 2_048;

/** Host without the brackets of IPv6 and without the root's trailing dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** A name that is reserved for private networks. */
function isPrivateName(host: string): boolean {
  return /(^|\.)(local|internal)$/.test(host);
}

function parse(text: string, base?: URL): URL {
  try {
    return new URL(text, base);
  } catch {
    throw new ReelayError('invalid_url', 'is not a valid URL');
  }
}

function blocked(what: string): ReelayError {
  return new ReelayError(
    'blocked_address',
    `${what}, which this server does not connect to unless REELAY_ALLOW_ADDRESSES names it`,
  );
}

/**
 * Parses an http(s) URL and refuses what must never be fetched, whatever it resolves to. The WHATWG parser has already
 * turned every spelling of an IPv4 address (`0x7f.1`, `2130706433`, `0177.0.0.1`, circled digits) into the plain one.
 * Throws `invalid_url` or `blocked_address`; messages are predicates ("is not a valid URL") for a field to go before.
 */
export function checkHttpUrl(text: string, rules: readonly AddressRule[], base?: URL): URL {
  if (text.length > maximumUrlLength) {
    throw new ReelayError('invalid_url', `is ${text.length} characters long; at most ${maximumUrlLength} are taken`);
  }
  const url = parse(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ReelayError('invalid_url', `has the scheme "${url.protocol.slice(0, 20)}"; http and https are taken`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ReelayError('invalid_url', 'carries a user name or password; give a URL without credentials');
  }
  const host = hostOf(url);
  const port = portOf(url);
  if (host === '') throw new ReelayError('invalid_url', 'has no host name');
  if (isIP(host) !== 0) {
    if (!isReachable(rules, host, port)) throw blocked(`leads to the address ${host} on port ${port}`);
    return url;
  }
  if (isLocalhost(host)) {
    const allowed = isAllowedByRule(rules, '127.0.0.1', port) || isAllowedByRule(rules, '::1', port);
    if (!allowed) throw blocked('leads to this machine itself');
    return url;
  }
  if (!isPossiblePort(rules, port)) throw blocked(`names port ${port}`);
  // With a rule for the port the name may be meant: its addresses decide when it is resolved.
  const ruled = rules.some((rule) => rule.port === undefined || rule.port === port);
  if (isPrivateName(host) && !ruled) throw blocked('names a host of a private network');
  return url;
}

/** Where a redirect leads: the same checks again, and never from https to http. */
export function checkRedirect(location: string, from: URL, rules: readonly AddressRule[]): URL {
  const next = checkHttpUrl(location, rules, from);
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw new ReelayError('input_unreachable', 'redirects from https to http');
  }
  return next;
}

/**
 * An address that news is posted to: https, because a signature hides nothing. Plain http only to what the operator's rules name: an
 * address, or a name of a private network (one without a dot is none of the internet's), whose addresses decide when it is resolved.
 */
export function checkCallbackUrl(text: string, rules: readonly AddressRule[]): URL {
  const url = checkHttpUrl(text, rules);
  const [host, port] = [hostOf(url), portOf(url)];
  if (url.protocol === 'https:' || isAllowedByRule(rules, host, port)) return url;
  const ruled = rules.some((rule) => rule.port === undefined || rule.port === port);
  if (isIP(host) === 0 && ruled && (isLocalhost(host) || isPrivateName(host) || !host.includes('.'))) return url;
  throw new ReelayError('invalid_url', 'has the scheme "http"; https is taken');
}

/** The check at accept, with no network: an http(s) URL as above, or a `data:` URI of an image, a video or a sound. */
export function checkUrlForm(text: string, rules: readonly AddressRule[]): void {
  if (isDataUri(text)) checkDataUri(text);
  else checkHttpUrl(text, rules);
}

/** Whether an address of ours can be reached from the public internet, as far as its form tells. */
export function isPublicUrl(publicUrl: string | undefined): boolean {
  if (publicUrl === undefined) return false;
  try {
    checkHttpUrl(publicUrl, []);
    return true;
  } catch {
    return false;
  }
}
