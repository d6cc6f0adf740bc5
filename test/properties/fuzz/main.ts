import { readCommandLine } from '../../../local/stack/command-line';
import { fire } from './fire';
import { parseFuzzOptions, USAGE } from './options';
import type { Target } from './target';
import { slowest } from './slowness';
import { TARGETS } from './targets/index';
import { tokenTargets } from './targets/tokens';

/** More than a million inputs of the slowest one take. */
const MOST_SECONDS = 3_600;

/** `npm run fuzz`: exit code 1 when a parser did what it must not, 2 when the options cannot be used. */
async function main(): Promise<number> {
  const { runs, seed, ...values } = readCommandLine('npm run fuzz', USAGE, parseFuzzOptions);
  const { targets, stop } = await tokenTargets();
  const chosen = [...TARGETS, ...targets].filter(({ name }) => name.includes(values.only ?? ''));
  let failures = 0;
  console.log(values.long ? LONG_HEAD : FIRE_HEAD);
  for (const one of chosen) {
    try {
      console.log(await (values.long ? timed(one) : fired(one, runs, seed)));
    } catch (thrown) {
      failures += 1;
      console.log(`| ${one.name} | FAILED |\n${(thrown as Error).message}\n`);
    }
  }
  await stop();
  return failures > 0 ? 1 : 0;
}

const FIRE_HEAD = '| parser | inputs | read | refused | seconds |\n| --- | --: | --: | --: | --: |';
async function fired(one: Target, runs: number, seed: number): Promise<string> {
  const began = performance.now();
  const { read, refused } = await fire(one, { runs, seed, seconds: MOST_SECONDS });
  const seconds = Math.round((performance.now() - began) / 1_000);
  return row([one.name, ...[runs, read, refused, seconds].map(grouped)]);
}

const LONG_HEAD =
  '| parser | inputs | slowest of 1 Mi characters, ms | of half the size, ms | ratio |\n| --- | --: | --: | --: | --: |';
async function timed(one: Target): Promise<string> {
  const { inputs, whole, half } = await slowest(one, 1_024 * 1_024);
  return row([one.name, grouped(inputs), whole.toFixed(1), half.toFixed(1), (whole / half).toFixed(1)]);
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const grouped = (count: number): string => count.toLocaleString('en-US');

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(thrown);
    process.exit(1);
  },
);
