import { describe, expect, it } from '@jest/globals';
import type { LogFields, Logger } from '../../../shared/app/log';
import { SECOND } from '../../../shared/conversation/time';
import { maintain, type MaintenanceStep } from '../../../shared/reconciliation/maintenance-service';

/** A clock that a test moves, and what was logged. */
function night() {
  let at = 1_000_000;
  const lines: { readonly level: string; readonly message: string; readonly fields?: LogFields }[] = [];
  const line = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push({ level, message, ...(fields && { fields }) });
  const logger: Logger = {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    refusal: line('refusal'),
  };
  /** Works for so long, unless its share ends before. */
  const step = (name: string, wantsMs: number): MaintenanceStep & { readonly shares: number[] } => {
    const shares: number[] = [];
    const run = async (until: number) => {
      shares.push(until - at);
      const worked = Math.min(wantsMs, until - at);
      at += worked;
      return { removed: worked, left: wantsMs - worked, done: worked === wantsMs };
    };
    return { name, run, shares };
  };
  return { now: () => at, logger, lines, step };
}

describe('the nightly removals', () => {
  it('[R170] share four minutes: a step without an end leaves the others their part, and says what is left', async () => {
    const world = night();
    const [endless, short] = [world.step('endless', 600 * SECOND), world.step('short', SECOND)];
    await maintain([endless, short], world);
    expect(endless.shares).toEqual([120 * SECOND]);
    expect(world.lines).toEqual([
      {
        level: 'warn',
        message: 'purge: done',
        fields: { step: 'endless', removed: 120_000, left: 480_000, done: false, ms: 120_000 },
      },
      {
        level: 'info',
        message: 'purge: done',
        fields: { step: 'short', removed: 1_000, left: 0, done: true, ms: 1_000 },
      },
    ]);
  });

  it('[R170] give what one step leaves over to those behind it', async () => {
    const world = night();
    const [short, endless] = [world.step('short', 5 * SECOND), world.step('endless', 600 * SECOND)];
    await maintain([short, endless], world);
    expect(endless.shares).toEqual([235 * SECOND]);
  });

  it('[R170] go on behind a step that fails, and the run fails in the end', async () => {
    const world = night();
    const broken: MaintenanceStep = {
      name: 'broken',
      run: () => Promise.reject(new Error('a text that nobody may log')),
    };
    const after = world.step('after', SECOND);
    await expect(maintain([broken, after], world)).rejects.toThrow('a text');
    expect(after.shares).toHaveLength(1);
    expect(world.lines[0]).toMatchObject({
      level: 'error',
      message: 'purge: failed',
      fields: { step: 'broken', code: 'unexpected' },
    });
    expect(JSON.stringify(world.lines)).not.toContain('nobody may log');
  });
});
