import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHOSEN = process.env['CHROMIUM'];
const EXECUTABLE = CHOSEN ?? '/usr/bin/chromium';
/** The same without windows and profiles: a page takes a third of the processor's time. It keeps no pages for the way back. */
const WITHOUT_WINDOWS = '/usr/bin/chromium-headless-shell';
const isWithoutWindows = CHOSEN === undefined && existsSync(WITHOUT_WINDOWS);

/** It runs as root in containers, draws nothing for anybody, and talks to nobody but the page's servers. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why the tests cannot run here; undefined when they can, or have to. */
export function reasonToSkip(): string | undefined {
  if (existsSync(EXECUTABLE) || process.env['REQUIRE_BROWSER'] === '1') return undefined;
  return `There is no browser at ${EXECUTABLE}: install Chromium, or name it in CHROMIUM.`;
}

/**
 * Starts Chromium with an empty profile that is gone when it is closed.
 * @param keepsPages with the back/forward cache, as people's browsers have it; the library switches it off
 */
export const startChromium = ({ keepsPages = false } = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: isWithoutWindows && !keepsPages ? WITHOUT_WINDOWS : EXECUTABLE,
    headless: true,
    args: ARGUMENTS,
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
  });

/** The end of the process that draws the page, as when it runs out of memory. The browser goes on. */
export async function crashPage(page: Page): Promise<void> {
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  const session = await page.context().newCDPSession(page);
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}

/**
 * Scripts and timers of the page stand still, as in a tab that the browser freezes in the background; its socket stays open.
 * By the debugger: `Page.setWebLifecycleState` has no effect on a page that the library keeps visible.
 * @returns lets it go on
 */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
  await paused;
  return async () => {
    await session.send('Debugger.resume');
    await session.detach();
  };
}

/** SIGKILL to the browser's own process: it gets no chance to say goodbye to anybody. */
export async function killChromium(browser: Browser): Promise<void> {
  const gone = new Promise((resolve) => browser.once('disconnected', resolve));
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const main = processInfo.find(({ type }) => type === 'browser');
  if (main === undefined) throw new Error('Chromium does not name its own process.');
  process.kill(main.id, 'SIGKILL');
  await gone;
}
