import { describe, expect, it } from 'vitest';
import { parseAddressRules } from './address.ts';
import { failure } from './media.fixture.ts';
import { checkRedirect, checkUrlForm } from './url-form.ts';

const blocked = [
  ...[
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://017700000001/',
    'http://0x7f000001/',
  ],
  ...['http://0177.0.0.1/', 'http://0x7f.1/', 'http://0x7f.0.0.0x1/', 'http://127.0.0.01/', 'http://①②⑦.⓪.⓪.①/'],
  ...[
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://127.0.0.1./',
    'http://%31%32%37.0.0.1/',
    'http://127.0.0.1%2e/',
  ],
  ...[
    'http:127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'http:///127.0.0.1/',
    ' http://127.0.0.1/',
    'HTTP://127.0.0.1',
    'ht\ntp://127.0.0.1/',
  ],
  ...[
    'http://0/',
    'http://0.0.0.0/',
    'http://00000000/',
    'http://10.0.0.1/',
    'http://10.1/',
    'http://167772161/',
    'http://012.1/',
  ],
  ...['http://172.16.0.1/', 'http://192.168.1.1/', 'http://0xc0a80101/', 'http://3232235777/', 'http://100.64.0.1/'],
  ...[
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
  ],
  ...[
    'http://168.63.129.16/',
    'http://192.0.0.192/',
    'http://255.255.255.255/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
  ],
  ...[
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
  ],
  ...[
    'http://[::ffff:169.254.169.254]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
  ],
  ...[
    'http://[64:ff9b::169.254.169.254]/',
    'http://[2002:7f00:1::]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[2001:0:1::1]/',
  ],
  ...['http://[fe80::1]/', 'http://[fc00::1]/', 'http://[fd00:ec2::254]/', 'http://[fec0::1]/', 'http://[ff02::1]/'],
  ...['http://localhost/', 'http://LOCALHOST/', 'http://localhost./', 'http://a.localhost/', 'http://ｌocalhost/'],
  ...[
    'http://printer.local/',
    'http://metadata.google.internal/',
    'http://metadata.google.internal./',
    'http://x.local:80/',
  ],
  ...['http://example.org:22/', 'https://example.org:8443/', 'http://example.org:6379/', 'http://8.8.8.8:22/'],
  ...['https://127.0.0.1/', 'http://127.0.0.1:80/', 'http://127.0.0.1:443/', 'http://127.0.0.1#@example.org/'],
  ...[
    'http://127.0.0.1\\@example.org/',
    'http://127.0.0.1?@example.org/',
    'http://127.0.0.1:00080/',
    'http://127.0.0.1:/',
  ],
  ...[
    '\thttp://127.0.0.1/',
    'http://127.0.\n0.1/',
    'http://1\t27.0.0.1/',
    'http://127.0.0.1\r\n/',
    '\u0000http://127.0.0.1/',
  ],
  ...[
    'http://127｡0｡0｡1/',
    'http://127．0．0．1/',
    'http://１０.①/',
    'http://⓪x7f.1/',
    'http://loc\u00adalhost/',
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
  ],
  ...[
    'http://0300.0250.1.1/',
    'http://0x0a.0x0.0x0.0x1/',
    'http://012.0.0.01/',
    'http://0xA9.254.0251.254/',
    'http://127.0x0.01/',
  ],
  ...[
    'http://198.18.0.1/',
    'http://198.19.255.255/',
    'http://192.0.2.1/',
    'http://203.0.113.5/',
    'http://192.88.99.1/',
  ],
  ...['http://169.254.170.2/v2/credentials', 'http://100.100.100.200/latest/meta-data/', 'http://[fd20:ce::254]/'],
  ...[
    'http://[::FFFF:7F00:0001]/',
    'http://[::ffff:0a00:1]/',
    'http://[0000::0001]/',
    'http://[2001:db8::1]/',
    'http://[ff05::1]/',
  ],
  ...[
    'http://[2001:0:a00:1::]/',
    'http://[2002:c0a8:101::1]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[febf::1]/',
    'http://[100::1]/',
  ],
  ...[
    'http://instance-data.ec2.internal/',
    'http://kubernetes.default.svc.cluster.local/',
    'http://x.LOCAL./',
    'http://localhost:443/',
  ],
];

const invalid = [
  ...[
    '',
    'x',
    '/etc/passwd',
    'example.org/a.mp4',
    'http://',
    'http://?',
    'http://[fe80::1%25eth0]/',
    'http://[fe80::1%lo]/',
    'http://[::ffff:0x7f.1]/',
    'http://127.0.0.1%09/',
    'http://example.org@127.0.0.1/',
    'http://[::1',
    'http://a b/',
  ],
  ...[
    'http://256.1.1.1/',
    'http://1.2.3.4.5/',
    'http://127.0.0.1.5/',
    'http://0x100000000/',
    'http://a:99999/',
    'http://exa%00mple.org/',
  ],
  ...[
    'file:///etc/passwd',
    'ftp://example.org/a',
    'gopher://127.0.0.1:6379/_x',
    'javascript:alert(1)',
    'ws://example.org/',
  ],
  ...[
    'http://user@example.org/',
    'http://user:password@example.org/',
    'http://:password@example.org/',
    'http://a@127.0.0.1/',
  ],
  ...['blob:https://example.org/x', 'concat:a|b', 'unix:/var/run/x', `https://example.org/${'a'.repeat(2_048)}`],
  ...[
    'data:,x',
    'data:text/html;base64,PGh0bWw+',
    'data:image/png,abc',
    'data:image/png;base64,',
    'data:image/png;base64,a*b',
  ],
  ...[
    'data:image/png;base64,aa=a',
    'data:;base64,aaaa',
    'data:image/png;charset=x',
    'data:application/json;base64,e30=',
  ],
];

const good = [
  ...[
    'https://example.org/a.mp4',
    'http://example.org:80/a',
    'https://example.org:443/',
    'HTTPS://EXAMPLE.ORG/ä?x=1#y',
  ],
  ...[
    'http://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'http://134744072/',
    'https://xn--bcher-kva.example/',
    'https://redis/',
  ],
  ...[
    'https://localhost.example.org/',
    'https://example.org\\@127.0.0.1/',
    'https://internal.example.org/',
    'https://notlocal/',
    'https://127.0.0.1.example.org/',
  ],
  ...[
    'data:image/png;base64,iVBORw0KGgo=',
    'data:video/mp4;codecs=avc1;base64,AAAA',
    'DATA:image/JPEG;base64,/9j/4AA=',
  ],
  ...[' data:audio/mpeg;base64,SUQz\n', 'data:image/svg+xml;base64,PHN2Zz4='],
];

async function codeOf(url: string, allow = ''): Promise<string> {
  return (await failure((async () => checkUrlForm(url, parseAddressRules(allow)))())).code;
}

describe('checkUrlForm', () => {
  it('covers at least 60 spellings', () => expect(blocked.length).toBeGreaterThan(100));
  it.each(blocked)('blocks %j', async (url) => expect(await codeOf(url)).toBe('blocked_address'));
  it.each(invalid)('calls %j invalid', async (url) => expect(await codeOf(url)).toBe('invalid_url'));
  it.each(good)('takes %j', (url) => checkUrlForm(url, []));

  it.each([
    ['http://127.0.0.1:8080/', '127.0.0.1:8080'],
    ['http://2130706433:8080/', '127.0.0.1:8080'],
    ['http://localhost:8080/', '127.0.0.1:8080'],
    ['http://localhost:8080/', '[::1]:8080'],
    ['http://minio.default.svc.cluster.local:9000/', '10.0.0.0/8:9000'],
    ['http://minio:9000/', '10.0.0.0/8'],
    ['http://[fd00::1]:9000/', 'fd00::/8'],
  ])('takes %s where %s is allowed', (url, allow) => checkUrlForm(url, parseAddressRules(allow)));

  it.each([
    ['http://127.0.0.1:8081/', '127.0.0.1:8080'],
    ['http://localhost:8081/', '127.0.0.1:8080'],
    ['http://localhost:8080/', '10.0.0.0/8'],
    ['http://printer.local/', '10.0.0.0/8:9000'],
  ])('blocks %s where only %s is allowed', async (url, allow) => {
    expect(await codeOf(url, allow)).toBe('blocked_address');
  });

  it('speaks in predicates that a field can go before', async () => {
    expect(await failure((async () => checkUrlForm('http://0x7f.1/', []))())).toMatchObject({
      message:
        'leads to the address 127.0.0.1 on port 80, which this server does not connect to unless REELAY_ALLOW_ADDRESSES names it',
    });
  });

  it('reads a large data URI in linear time and stack', () => {
    checkUrlForm(`data:video/mp4;base64,${'A'.repeat(60_000_000)}`, []);
  });
});

describe('checkRedirect', () => {
  const from = new URL('https://example.org/a/b?x=1');

  it.each([
    ['../c', 'https://example.org/c'],
    ['//other.example/c', 'https://other.example/c'],
    ['https://other.example:443/', 'https://other.example/'],
  ])('to %s leads to %s', (location, next) => expect(checkRedirect(location, from, []).href).toBe(next));

  it.each([
    ['http://example.org/a', 'input_unreachable'],
    ['HTTP://other.example/', 'input_unreachable'],
    ['//127.1/', 'blocked_address'],
    ['https://[::1]/', 'blocked_address'],
    ['https://user@example.org/', 'invalid_url'],
    ['file:///etc/passwd', 'invalid_url'],
  ])('to %s is refused with %s', async (location, code) => {
    expect((await failure((async () => checkRedirect(location, from, []))())).code).toBe(code);
  });

  it('from http to https is an improvement', () => {
    expect(checkRedirect('https://example.org/', new URL('http://example.org/'), []).protocol).toBe('https:');
  });
});
