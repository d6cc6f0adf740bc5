import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partOf } from '../../support/part-of';
import { within } from '../../support/within';
import { RUNS } from '../inbound/arbitraries';
import { fire } from './fire';
import type { Target } from './target';
import { TARGETS } from './targets/index';
import { tokenTargets } from './targets/tokens';

/** Of all the inputs of a parser, and of one long one, which takes milliseconds where it is read in proportion. */
const SECONDS_FOR_ALL = 50;
const SECONDS_FOR_ONE = 5;
/** As long as a body may be; a column of a row has no more than 32 Ki characters. */
const lengthFor = (name: string): number => (name.startsWith('row: ') ? 32 : 128) * 1024;

let tokens: Awaited<ReturnType<typeof tokenTargets>>;
beforeAll(async () => {
  tokens = await tokenTargets();
});
afterAll(() => tokens?.stop());

const named = (name: string): Target => [...TARGETS, ...tokens.targets].find((one) => one.name === name)!;
const TOKEN_NAMES = [
  'ticket',
  'reconnect id',
  'proof of a sign-in',
  'token of Entra',
  'token of an agent or operator',
  'header: ce-signature',
];
const NAMES = [...TARGETS.map(({ name }) => name), ...TOKEN_NAMES];

describe.each(NAMES)('the parser of %s', (name) => {
  it('reads its input or refuses it as it has to, in time, whatever it is given', async () => {
    const one = named(name);
    const { read, refused } = await fire(one, { runs: RUNS.numRuns, seconds: SECONDS_FOR_ALL });
    expect(read + refused).toBe(RUNS.numRuns);
    // The inputs reach both sides.
    expect([name, read > 0, refused > 0]).toEqual([name, one.isNever !== true, one.isTotal !== true]);
  });

  it('does so for inputs that are long and made to be slow', async () => {
    const one = named(name);
    let inputs = 0;
    for (const input of partOf([...one.long(lengthFor(name))], 4)) {
      await within(SECONDS_FOR_ONE, () => one.reads(input));
      inputs += 1;
    }
    expect(inputs).toBeGreaterThan(5);
  });
});

it('every parser of tokens is among them', () => {
  expect(tokens.targets.map(({ name }) => name)).toEqual(TOKEN_NAMES);
});

describe('the time limit', () => {
  const target = (reads: (text: string) => boolean): Target => ({
    name: 'slow',
    parsers: [],
    inputs: fc.constant('a'.repeat(40)),
    reads: (text) => reads(String(text)),
    long: () => [],
  });

  it('stops a parser that hangs in a regular expression, and names the input', async () => {
    const slow = target((text) => text.length < 5 || /^(a+)+$/.test(`${text}!`));
    await expect(fire(slow, { runs: 1, seconds: 1 })).rejects.toThrow(
      /^slow took longer than 1 s, at the end for "aaaa/,
    );
  });
});
