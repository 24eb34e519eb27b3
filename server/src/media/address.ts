import ipaddr from 'ipaddr.js';

/**
 * Which network addresses a user-given URL may reach. Owns the classes of addresses and the operator's allow rules;
 * knows no HTTP and no DNS.
 *
 * An allow-list by construction: only what the IANA registries call global unicast is public, everything else needs a
 * rule. Deny-lists of private ranges miss 6to4, Teredo, NAT64, IPv4-compatible IPv6 and their like.
 */

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** One item of REELAY_ALLOW_ADDRESSES: a network, and the one port it is allowed on (absent: any port). */
export interface AddressRule {
  readonly network: Network;
  readonly port?: number;
}

/** The ports that public addresses may be reached on. */
const publicPorts: readonly number[] = [80, 443];

/** Not public, though ipaddr.js calls them unicast or has no class for them. */
const specialNetworks: readonly Network[] = [
  '168.63.129.16/32', // a cloud's metadata service in public address space
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
  '64:ff9b:1::/48',
  '100::/32',
  '2001::/23',
  '3fff::/20',
  '5f00::/16',
  'fec0::/10',
  '::/96',
  '::ffff:0:0:0/96',
].map((network) => ipaddr.parseCIDR(network));

function contains(network: Network, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

/** The address with an IPv4-mapped IPv6 form unwrapped; undefined for anything that is not a plain IP literal. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // A zone (`fe80::1%eth0`) only means something on this machine. ipaddr.js reads the IPv4-compatible `::8.8.8.8`, which
  // resolvers do write, as the IPv4-mapped `::ffff:8.8.8.8`: two addresses, and only one of them leads to 8.8.8.8.
  if (text.includes('%') || /^::\d+\.\d+\.\d+\.\d+$/.test(text) || !ipaddr.isValid(text)) return undefined;
  return ipaddr.process(text);
}

export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined || address.range() !== 'unicast') return false;
  return !specialNetworks.some((network) => contains(network, address));
}

/** Whether one of the operator's rules names this address on this port. */
export function isAllowedByRule(rules: readonly AddressRule[], text: string, port: number): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return rules.some((rule) => (rule.port === undefined || rule.port === port) && contains(rule.network, address));
}

/** Whether a connection to this address and port may be made at all. */
export function isReachable(rules: readonly AddressRule[], text: string, port: number): boolean {
  return (publicPorts.includes(port) && isPublicAddress(text)) || isAllowedByRule(rules, text, port);
}

/** Whether any address could be reached on this port: what is known of a host name before it is resolved. */
export function isPossiblePort(rules: readonly AddressRule[], port: number): boolean {
  return publicPorts.includes(port) || rules.some((rule) => rule.port === undefined || rule.port === port);
}

function faulty(item: string, why: string): Error {
  return new Error(
    `REELAY_ALLOW_ADDRESSES: "${item}" ${why}. Write addresses or CIDR networks separated by commas, each with an ` +
      'optional port: 10.0.0.0/8, 192.168.1.5:9000, [fd00::/8]:9000.',
  );
}

function splitPort(item: string): { readonly network: string; readonly port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(item);
  if (bracketed !== null) return { network: bracketed[1] ?? '', port: bracketed[2] };
  const colons = item.split(':').length - 1;
  if (colons !== 1) return { network: item, port: undefined };
  const [network = '', port = ''] = item.split(':');
  return { network, port };
}

function parseNetwork(item: string, text: string): Network {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  // The four-part form only: ipaddr.js would also take `10` or `0x7f.1`, which nobody means here.
  if (address.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address))) {
    throw faulty(item, 'is not an IP address or CIDR network');
  }
  const parsed = ipaddr.parse(address);
  const widest = parsed.kind() === 'ipv4' ? 32 : 128;
  if (slash < 0) return [parsed, widest];
  const bits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > widest) throw faulty(item, `has a prefix that is not 0 to ${widest}`);
  return [parsed, Number(bits)];
}

/** Reads REELAY_ALLOW_ADDRESSES. Throws an Error that names the faulty item. */
export function parseAddressRules(text: string): readonly AddressRule[] {
  const items = text.split(',').map((item) => item.trim());
  return items
    .filter((item) => item !== '')
    .map((item) => {
      const { network, port } = splitPort(item);
      const range = parseNetwork(item, network);
      if (port === undefined) return { network: range };
      if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
        throw faulty(item, 'has a port that is not 1 to 65535');
      }
      return { network: range, port: Number(port) };
    });
}
