import { describe, expect, it } from 'vitest';
import { isAllowedByRule, isPossiblePort, isPublicAddress, isReachable, parseAddressRules } from './address.ts';

const refused = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.254',
    '127.0.0.1',
    '127.255.255.254',
  ],
  ...['169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1'],
  ...['192.31.196.1', '192.52.193.1', '192.88.99.1', '192.168.0.1', '192.175.48.1', '198.18.0.1', '198.19.255.255'],
  ...['198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', '::7f00:1', '::127.0.0.1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1'],
  ...[
    '::ffff:169.254.169.254',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b:1::1',
    '100::1',
  ],
  ...['2001::1', '2001:0:7f00:1::', '2001:10::1', '2001:20::1', '2001:db8::1', '2002:7f00:1::', '2002:a9fe:a9fe::'],
  ...['3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%lo', 'febf::1', 'fec0::1', 'ff02::1'],
  ...['', 'localhost', '8.8.8.8%1', 'example.org'],
];

const good = [
  ...['1.1.1.1', '8.8.8.8', '93.184.215.14', '100.63.255.255', '100.128.0.1', '169.253.255.255', '172.15.255.255'],
  ...['172.32.0.1', '192.167.255.255', '198.17.255.255', '198.20.0.1', '223.255.255.255', '::ffff:8.8.8.8'],
  ...['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2620:fe::fe'],
];

describe('isPublicAddress', () => {
  it.each(refused)('refuses %s', (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(good)('takes %s', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('parseAddressRules', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', 9000, true],
    ['10.0.0.0/8', '11.1.2.3', 9000, false],
    ['10.0.0.0/8:9000', '10.1.2.3', 9000, true],
    ['10.0.0.0/8:9000', '10.1.2.3', 80, false],
    ['127.0.0.1', '127.0.0.1', 1, true],
    ['127.0.0.1', '127.0.0.2', 1, false],
    ['127.0.0.1:8080', '::ffff:127.0.0.1', 8080, true],
    ['fd00::/8', 'fd12::1', 443, true],
    ['[fd00::/8]:9000', 'fd12::1', 9000, true],
    ['[fd00::/8]:9000', 'fd12::1', 443, false],
    ['[::1]:8080', '::1', 8080, true],
    ['::1', '::1', 8080, true],
    [' 10.0.0.0/8 , ,192.168.1.5:81 ', '192.168.1.5', 81, true],
    ['0.0.0.0/0', 'fd00::1', 80, false],
    ['', '127.0.0.1', 80, false],
  ])('"%s" for %s on port %i: %s', (text, address, port, allowed) => {
    expect(isAllowedByRule(parseAddressRules(text), address, port)).toBe(allowed);
  });

  it.each([
    'localhost',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/8:0',
    '10.0.0.0/8:65536',
    '10.0.0.0/8:',
    '10',
    '0x7f.1',
  ])('names the faulty item %s', (item) =>
    expect(() => parseAddressRules(`10.0.0.0/8, ${item}`)).toThrow(`REELAY_ALLOW_ADDRESSES: "${item}"`),
  );

  it.each(['1.2.3.4/', '1.2.3.4/-1', '[fd00::/8', '[fd00::/8]9000', '1.2.3.4:80:90', '/8', 'fe80::1%eth0', '::1/x'])(
    'refuses %s',
    (item) => expect(() => parseAddressRules(item)).toThrow('REELAY_ALLOW_ADDRESSES'),
  );
});

describe('isReachable', () => {
  const rules = parseAddressRules('10.0.0.5:9000, 203.0.113.0/24');

  it.each([
    ['8.8.8.8', 80, true],
    ['8.8.8.8', 443, true],
    ['8.8.8.8', 22, false],
    ['10.0.0.5', 9000, true],
    ['10.0.0.5', 443, false],
    ['203.0.113.9', 22, true],
  ])('%s on port %i: %s', (address, port, reachable) => expect(isReachable(rules, address, port)).toBe(reachable));

  it('knows which ports any address can have', () => {
    expect(isPossiblePort([], 443)).toBe(true);
    expect(isPossiblePort([], 8080)).toBe(false);
    expect(isPossiblePort(parseAddressRules('10.0.0.5:9000'), 9000)).toBe(true);
    expect(isPossiblePort(parseAddressRules('10.0.0.5:9000'), 9001)).toBe(false);
    expect(isPossiblePort(rules, 9001)).toBe(true);
  });
});
