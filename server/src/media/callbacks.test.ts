import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReelayError } from '../errors.ts';
import { parseAddressRules } from './address.ts';
import { type CallbackOptions, createCallbackSender } from './callbacks.ts';
import { serve } from './media.fixture.ts';
import { checkCallbackUrl } from './url-form.ts';

function senderFor(allow: string, options: Partial<CallbackOptions> = {}) {
  const sender = createCallbackSender({ timeoutMs: 5_000, ...options, allow: parseAddressRules(allow) });
  onTestFinished(() => sender.close());
  return (url: string, body = '{}') => sender.post(url, { 'content-type': 'application/json' }, body);
}

function faultOf(url: string, allow = ''): string | undefined {
  try {
    checkCallbackUrl(url, parseAddressRules(allow));
    return undefined;
  } catch (error) {
    if (error instanceof ReelayError) return error.code;
    throw error;
  }
}

describe('the form of an address', () => {
  it.each([
    ['https://hooks.example.com/reelay?token=1', undefined],
    ['https://hooks.example.com:443/', undefined],
    [`https://hooks.example.com/${'x'.repeat(2_022)}`, undefined],
    [`https://hooks.example.com/${'x'.repeat(2_023)}`, 'invalid_url'],
    ['http://hooks.example.com/', 'invalid_url'],
    ['ftp://hooks.example.com/', 'invalid_url'],
    ['hooks.example.com', 'invalid_url'],
    ['', 'invalid_url'],
    ['https://', 'invalid_url'],
    ['https://me:secret@hooks.example.com/', 'invalid_url'],
    ['https://127.0.0.1/', 'blocked_address'],
    ['https://10.1.2.3/', 'blocked_address'],
    ['https://172.31.0.1/', 'blocked_address'],
    ['https://192.168.1.1/', 'blocked_address'],
    ['https://169.254.169.254/latest', 'blocked_address'],
    ['https://[::1]/', 'blocked_address'],
    ['https://0x7f.1/', 'blocked_address'],
    ['https://localhost/', 'blocked_address'],
    ['https://metadata.internal/', 'blocked_address'],
    ['https://hooks.example.com:8443/', 'blocked_address'],
  ])('%s', (url, code) => {
    expect(faultOf(url)).toBe(code);
  });

  it('is plain http where a rule of the operator may lead, and nowhere else', () => {
    expect(faultOf('http://127.0.0.1:9000/', '127.0.0.1:9000')).toBeUndefined();
    expect(faultOf('http://localhost:9000/', '127.0.0.1:9000')).toBeUndefined();
    expect(faultOf('http://app.internal:9000/', '10.0.0.0/8')).toBeUndefined();
    expect(faultOf('http://app:9000/', '10.0.0.0/8')).toBeUndefined();
    expect(faultOf('http://1.1.1.1/', '10.0.0.0/8')).toBe('invalid_url');
    expect(faultOf('http://app/', '10.0.0.0/8:9000')).not.toBeUndefined();
    expect(faultOf('http://app.example/', '10.0.0.0/8')).toBe('invalid_url');
  });
});

describe('what is sent', () => {
  it('goes once, follows no redirect and drops the answer', async () => {
    const bodies: string[] = [];
    const server = await serve(async (request, response) => {
      bodies.push((await buffer(request)).toString());
      response.writeHead(307, { location: '/again' }).end('x'.repeat(1e5));
    });
    const post = senderFor(`127.0.0.1:${server.port}`);
    expect(await post(`${server.origin}/hook`)).toEqual({ status: 307 });
    expect(bodies).toEqual(['{}']);
  });

  it('attack: rebinding: a name is asked for at every try, and leads nowhere that is not allowed', async () => {
    const server = await serve((_request, response) => void response.end());
    const leads = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1', '::1'];
    const blocked: number[] = [];
    let asked = 0;
    const post = senderFor('', {
      resolve: async () => [{ address: leads[asked++] ?? '', family: 4 }],
      onBlocked: () => blocked.push(asked),
    });
    for (const _ of leads) {
      expect(await post('https://rebound.example/')).toEqual({
        error: 'leads to an address that this server does not connect to unless REELAY_ALLOW_ADDRESSES names it',
      });
    }
    expect(asked).toBe(leads.length);
    expect(blocked).toEqual([1, 2, 3, 4, 5]);
    expect(server.connections()).toBe(0);
  });

  it('goes without TLS to what a rule names, and not to the public internet', async () => {
    const server = await serve((_request, response) => void response.end());
    let address = '127.0.0.1';
    const post = senderFor(`127.0.0.1:${server.port}, 10.0.0.0/8:80`, {
      resolve: async () => [{ address, family: 4 }],
    });
    expect(await post(`http://app:${server.port}/`)).toEqual({ status: 200 });
    address = '1.1.1.1';
    expect(await post('http://app/')).toEqual({
      error: 'leads to an address that this server does not connect to unless REELAY_ALLOW_ADDRESSES names it',
    });
  });
});
