import { createServer } from 'node:net';
import { connect } from 'node:tls';
import type { Config } from '../config.ts';
import { isPublicUrl } from '../media/url-form.ts';
import type { Finding, Verdict } from './finding.ts';

const answerTimeoutMs = 3_000;

/** A certificate that ends sooner makes one ask who renews it, in milliseconds. */
const renewalMs = 14 * 24 * 3_600_000;

/** Where this server listens, and where people reach it. */
export async function checkAddresses(config: Config, offline: boolean): Promise<readonly Finding[]> {
  const [own, others] = await Promise.all([checkAddress(config), offline ? [] : checkPublicAddress(config)]);
  return [{ name: 'Address', ...own }, ...others];
}

async function checkAddress({ host, port }: Config): Promise<Verdict> {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  const ready = await readiness(url);
  if (ready?.['status'] === 'ready') return { state: 'ok', detail: `a Reelay server answers on ${url}` };
  if (ready?.['status'] === 'not ready') {
    const faults = Object.entries(ready).filter(([part, state]) => part !== 'status' && state !== 'ok');
    return {
      state: 'broken',
      detail: `a Reelay server on ${url} is not ready: ${faults.map(([part]) => part).join(', ')}`,
      remedy: faults.map(([, fault]) => fault).join('; '),
    };
  }
  const fault = await listenFault(host, port);
  if (fault === undefined) return { state: 'ok', detail: `${url} is free` };
  const remedy = 'Choose another with REELAY_HOST and REELAY_PORT, or end what uses it.';
  return {
    state: 'broken',
    detail: fault === 'EADDRINUSE' ? `${url} is taken by another program` : `${url}: ${fault}`,
    remedy,
  };
}

async function readiness(url: string): Promise<Readonly<Record<string, string>> | undefined> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerTimeoutMs) })
    .then(async (response) => (await response.json()) as Record<string, string>)
    .catch(() => undefined);
}

function listenFault(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

/** Asked from here: a router that does not lead its own address back inside refuses what works from elsewhere. */
async function checkPublicAddress({ publicUrl }: Config): Promise<readonly Finding[]> {
  if (publicUrl === undefined) return [];
  const name = 'Public address';
  const isPublic = isPublicUrl(publicUrl) ? '' : ', which is no public address: vendors cannot reach it';
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const answer = await fetch(`${publicUrl}/healthz`, { signal, redirect: 'manual' });
    const body = (await answer.json().catch(() => undefined)) as { readonly status?: unknown } | undefined;
    if (body?.status !== 'ok') {
      return [
        {
          name,
          state: 'broken',
          detail: `${publicUrl} answers ${answer.status}, and not as a Reelay server`,
          remedy: 'Let the proxy there pass every path on to this server, or correct REELAY_PUBLIC_URL.',
        },
      ];
    }
    const reached: Finding = { name, state: 'ok', detail: `${publicUrl} leads to a Reelay server${isPublic}` };
    return [reached, ...(await certificateOf(new URL(publicUrl)))];
  } catch (error) {
    return [{ name, ...unreachable(publicUrl, error) }];
  }
}

const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED:
    'Its certificate has expired: renew it at the proxy (certbot renew), and look why that was not done.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is self-signed: get one that clients trust.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name: get one for this name.',
};

function unreachable(publicUrl: string, error: unknown): Verdict {
  const { cause = error } = error as { readonly cause?: unknown };
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const known = certificateFaults[code ?? ''];
  return {
    state: known === undefined ? 'warning' : 'broken',
    detail: `${publicUrl} cannot be reached from here (${code ?? message})`,
    remedy:
      known ?? 'Check its name in the DNS, the proxy there, and REELAY_PUBLIC_URL. It may still work from elsewhere.',
  };
}

/** How long the certificate is still good. */
async function certificateOf({ protocol, hostname, port }: URL): Promise<readonly Finding[]> {
  if (protocol !== 'https:') return [];
  const endsAt = await new Promise<number>((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      timeout: answerTimeoutMs,
    });
    const end = (at: number) => {
      socket.destroy();
      resolve(at);
    };
    socket.once('secureConnect', () => end(Date.parse(socket.getPeerCertificate().valid_to)));
    socket.once('error', () => end(Number.NaN)).once('timeout', () => end(Number.NaN));
  });
  if (Number.isNaN(endsAt) || endsAt - Date.now() > renewalMs) return [];
  const detail = `that of ${hostname} ends on ${new Date(endsAt).toISOString().slice(0, 10)}`;
  return [{ name: 'Certificate', state: 'warning', detail, remedy: 'Renew it at the proxy: certbot renew' }];
}
