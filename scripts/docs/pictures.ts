// `npm run pictures`: the pictures and the animation of README, taken of the running app. Not part of `npm run docs`: no two are the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStack } from '../../local/stack/stack';
import { startChromium } from '../../test/browser/chromium';
import { openSideBySide, VIEWPORT } from '../../test/browser/side-by-side-page';
import { ensureWebBuilt } from '../web/build';
import { animated } from './animated-png';

const ROOT = join(__dirname, '..', '..');
const IMAGES = join(ROOT, 'docs', 'images');
const SECOND = 1_000;

async function main(): Promise<void> {
  await ensureWebBuilt(ROOT);
  const settings = { DISCONNECT_GRACE: 'PT3M' };
  const stack = await startStack({ signInPort: 0, settings });
  const browser = await startChromium();
  try {
    // It tells of what it has seen, so it is open from the beginning.
    const operator = await browser.newContext({ viewport: VIEWPORT, colorScheme: 'light' });
    const operations = await operator.newPage();
    await operations.goto(`${stack.functionsUrl}/api/site/console/?account=olga`);
    await operations.getByText('Online').waitFor();
    await operations.getByRole('link', { name: 'Operations' }).click();
    const scene = await openSideBySide(browser, stack.functionsUrl);
    const { page, agent } = scene;
    const frames: { png: Buffer; shownFor: number }[] = [];
    const frame = async (shownFor: number) => frames.push({ png: await page.screenshot(), shownFor });
    const keep = async (name: string) => save(name, await page.screenshot());

    await agent.getByText('Online').waitFor();
    await frame(1 * SECOND);
    await scene.begin('Hello! Is the reading lamp in stock?');
    await agent.locator('a.row').first().waitFor();
    await frame(1.5 * SECOND);
    await scene.accept();
    await scene.agentSays('Yes, three of them. Shall I put one aside for you?');
    await scene.customerSees('Shall I put one aside');
    await scene.customerSays('Please do, I am just entering a tunnel');
    await scene.agentSees('entering a tunnel');
    await frame(2 * SECOND);
    await keep('side-by-side.png');

    await scene.closeCustomer();
    await agent.getByRole('button', { name: 'Wait 1 min longer' }).waitFor();
    await frame(1.2 * SECOND);
    for (let second = 0; second < 3; second++) {
      await page.waitForTimeout(SECOND);
      await frame(second === 2 ? 1.5 * SECOND : SECOND);
    }
    await keep('lost.png');
    await scene.openCustomer();
    await scene.agentSees(/^Back after/);
    await scene.customerSees('entering a tunnel');
    await page.waitForTimeout(SECOND);
    await frame(3 * SECOND);
    save('watch.png', animated(frames));

    await scene.closeCustomer();
    await operations.getByRole('row').nth(1).waitFor();
    await operations.waitForTimeout(SECOND);
    save('operations.png', await operations.screenshot());
    if (scene.complaints.length > 0) throw new Error(scene.complaints.join('\n'));
  } finally {
    await browser.close();
    await stack.stop();
  }
}

function save(name: string, png: Buffer): void {
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(join(IMAGES, name), png);
  console.log(`docs/images/${name}: ${Math.round(png.length / 1_000)} kB`);
}

main().then(
  () => process.exit(),
  (thrown: unknown) => {
    console.error(thrown);
    process.exit(1);
  },
);
