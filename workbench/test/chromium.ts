import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from '../../scripts/system-programs.mjs';

/** Widths of pages, each with its height. */
export const heights = { 1440: 900, 1024: 768, 390: 844 } as const;
export type Width = keyof typeof heights;

export interface PageLook {
  /** Default: 1440. */
  readonly width?: Width;
  readonly scheme?: 'light' | 'dark';
  /** Nothing moves by itself. */
  readonly isStill?: boolean;
}

export function contextOptions({ width = 1440, scheme = 'light', isStill = false }: PageLook): BrowserContextOptions {
  return {
    viewport: { width, height: heights[width] },
    colorScheme: scheme,
    hasTouch: width === 390,
    reducedMotion: isStill ? 'reduce' : 'no-preference',
    permissions: ['clipboard-read', 'clipboard-write'],
  };
}

/** Debian's Chromium. It finds no host by name: what a page would load from elsewhere fails, and shows. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findProgram('chromium', process.env);
  if (executablePath === undefined) throw new Error('install Chromium, or say in CHROMIUM_PATH where it is');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
}

/** Characters of a complaint: some carry a whole data URI. */
const longestComplaint = 600;

/** What the browser has to complain about a page, one line each, in addresses relative to the server; it grows. */
export function complaintsOf(page: Page, baseUrl: string): readonly string[] {
  const complaints: string[] = [];
  const { host } = new URL(baseUrl);
  const add = (what: string, text: string) =>
    complaints.push(`${what}: ${text.replaceAll(baseUrl, '').slice(0, longestComplaint)}`);
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
