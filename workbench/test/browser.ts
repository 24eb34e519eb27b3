/**
 * The workbench in a real browser, on a server process of its own. What every visit promises:
 *
 * 1. A visit has a fresh browser context: nothing is left of the one before, but the server's tasks.
 * 2. It fails where the browser complains (console, uncaught errors, failed requests), and where anything is asked of
 *    another host, except for what the visit names as expected.
 * 3. A failure leaves a picture of the page, whose path is in the error.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../server/src/testing/server-process.ts';
import { complaintsOf, contextOptions, launchChromium, type PageLook } from './chromium.ts';
import type { ShownServer } from './server-calls.ts';

/** How long a page may take to get into a state, in milliseconds. */
const patienceMs = 30_000;

export interface VisitOptions extends PageLook {
  /** What stands behind `/workbench`. */
  readonly query?: string;
  /** Default: with the server's key. False leads to the sign-in. */
  readonly signedIn?: boolean;
  /** Another key than the first one. */
  readonly key?: string;
  /** Complaints of the browser that belong to the test. */
  readonly expected?: readonly RegExp[];
}

export interface Workbench extends ShownServer {
  /** For files that tests make: gone when the tests have ended. */
  readonly folder: string;
  /** The process that answers now. */
  readonly server: ServerProcess;
  /** Starts a server in the place of one that was killed: the same port and data folder. */
  restart(): Promise<void>;
  visit(look: (page: Page, context: BrowserContext) => Promise<void>, options?: VisitOptions): Promise<void>;
}

/** For the head of a test file: one server and one browser for all of its tests. */
export function openWorkbench(environment: Readonly<Record<string, string>> = {}): Workbench {
  const key = `sk-${randomBytes(24).toString('hex')}`;
  const running: { folder?: string; browser?: Browser; server?: ServerProcess } = {};
  const start = (port: string) =>
    startServerProcess({
      REELAY_DATA_DIR: join(folder(), 'data'),
      REELAY_API_KEY: key,
      REELAY_PORT: port,
      ...environment,
    });
  const folder = () => started(running.folder);
  const server = () => started(running.server);

  beforeAll(async () => {
    running.folder = await mkdtemp(join(tmpdir(), 'reelay-workbench-'));
    [running.browser, running.server] = await Promise.all([launchChromium(), start('0')]);
  });
  afterAll(async () => {
    await Promise.all([running.browser?.close(), running.server?.stop()]);
    if (running.folder !== undefined) await rm(running.folder, { recursive: true, force: true });
  });

  return {
    key,
    get url() {
      return server().url;
    },
    get folder() {
      return folder();
    },
    get server() {
      return server();
    },
    async restart() {
      running.server = await start(new URL(server().url).port);
    },
    async visit(look, options = {}) {
      const context = await started(running.browser).newContext(contextOptions(options));
      try {
        await visitIn(context, { url: server().url, key, look, options });
      } finally {
        await context.close();
      }
    },
  };
}

function started<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('the workbench is started before the tests of a file, not while it is read');
  return thing;
}

interface VisitIn {
  readonly url: string;
  readonly key: string;
  readonly look: (page: Page, context: BrowserContext) => Promise<void>;
  readonly options: VisitOptions;
}

async function visitIn(context: BrowserContext, { url, key, look, options }: VisitIn): Promise<void> {
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const complaints = complaintsOf(page, url);
  if (options.signedIn !== false) {
    await page.addInitScript((value) => sessionStorage.setItem('reelay.key', value), options.key ?? key);
  }
  try {
    await page.goto(`${url}/workbench${options.query ?? ''}`);
    await page.locator('h1').first().waitFor({ state: 'attached' });
    await look(page, context);
    const isExpected = (text: string) => options.expected?.some((pattern) => pattern.test(text)) === true;
    expect(complaints.filter((text) => !isExpected(text))).toEqual([]);
  } catch (error) {
    throw await withPicture(error, page, complaints);
  }
}

async function withPicture(error: unknown, page: Page, complaints: readonly string[]): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  const path = join(tmpdir(), `reelay-workbench-${Date.now()}.png`);
  const picture = await page.screenshot({ path }).then(
    () => `seen: ${path}`,
    () => 'the page was gone before a picture could be taken',
  );
  error.message = [error.message, picture, `at: ${page.url()}`, ...complaints].join('\n');
  return error;
}
