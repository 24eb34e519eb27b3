import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { ReelayError } from '../errors.ts';
import { type AddressRule, isReachable } from './address.ts';
import { isLocalhost } from './url-form.ts';

/** Connections that cannot lead into a private network: the fetcher's invariants 1 and 2. */

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true });

function refusedHost(): ReelayError {
  return new ReelayError(
    'blocked_address',
    'leads to an address that this server does not connect to unless REELAY_ALLOW_ADDRESSES names it',
  );
}

type Reaches = (address: string) => boolean;

/** The lookup that `net.connect` uses: it hands out only addresses that have been checked (invariants 1 and 2). */
function checkedLookup(reaches: Reaches, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const host = hostname.replace(/\.$/, '').toLowerCase();
    // RFC 6761: localhost is the loopback interface and never a question for DNS.
    const answer = isLocalhost(host)
      ? Promise.resolve(loopback.filter(({ address }) => reaches(address)))
      : resolve(host);
    answer.then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || addresses.some(({ address }) => !reaches(address))) {
          callback(refusedHost(), '', 0);
        } else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, '', 0),
    );
  };
}

const loopback: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

export function guardedConnect(
  rules: readonly AddressRule[],
  resolve: Resolve,
  timeoutMs: number,
  isAllowed: typeof isReachable = isReachable,
): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const reaches: Reaches = (address) => isAllowed(rules, address, port);
    // `lookup` is never called for literals.
    if (isIP(host) !== 0 && !reaches(host)) {
      callback(refusedHost(), null);
      return;
    }
    const connect = buildConnector({
      allowH2: false,
      maxCachedSessions: 0,
      timeout: timeoutMs,
      lookup: checkedLookup(reaches, resolve),
    });
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null) callback(error, null);
      else if (reaches(socket.remoteAddress ?? '')) callback(null, socket);
      else {
        socket.destroy();
        callback(refusedHost(), null);
      }
    });
  };
}
