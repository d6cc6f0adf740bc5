import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

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

/** Starts Chromium with an empty profile that is gone when it is closed. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: EXECUTABLE, headless: true, args: ARGUMENTS });

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
