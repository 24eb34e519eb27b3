import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's Chromium. It finds no host by name: what a page would load from elsewhere fails, and shows. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
}

/** What the browser has to complain about a page, one line each, in addresses relative to the server; it grows. */
export function complaintsOf(page: Page, baseUrl: string): readonly string[] {
  const complaints: string[] = [];
  const { host } = new URL(baseUrl);
  const add = (what: string, text: string) => complaints.push(`${what}: ${text.replaceAll(baseUrl, '')}`);
  page.on('console', (message) => {
    const type = message.type();
    if (type === 'error' || type === 'warning') add(`console ${type}`, `${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => add('uncaught', String(error.stack ?? error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['blob:', 'data:'].includes(url.protocol) && url.host !== host) add('foreign request', url.href);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'unknown';
    // The page itself, or its end, takes a request back.
    if (reason !== 'net::ERR_ABORTED') add('failed request', `${request.method()} ${request.url()} ${reason}`);
  });
  return complaints;
}
