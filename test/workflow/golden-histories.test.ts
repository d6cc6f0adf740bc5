/**
 * Instances that wait in Azure while a new version is deployed go on with the new code and their old history.
 * Each recorded history is such an instance. When one of these tests fails, the change would break it: bump
 * `defaultVersion` in host.json, branch on `context.df.version`, and keep the old history.
 *
 * RECORD_HISTORIES=1 records the scenarios that have no file yet. To record one anew, delete its file first.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { OrchestrationHandler } from 'durable-functions';
import { conversationDeadline } from '../../shared/deadlines/conversation-deadline-orchestrator';
import { drive, replay } from '../support/durable/driver';
import { goldenHistories } from '../support/durable/golden';
import { INPUT, SCENARIOS, T0 } from './scenarios';

const histories = goldenHistories(join(__dirname, 'histories'));

beforeAll(async () => {
  if (process.env.RECORD_HISTORIES === undefined) return;
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (!histories.has(name)) histories.record(name, await scenario());
  }
});

describe("instances recorded earlier go on with today's code", () => {
  const names = new Set([...histories.names(), ...Object.keys(SCENARIOS)]);

  it.each([...names].sort())('%s', async (name) => {
    const { instanceId, generations } = histories.read(name);
    expect(generations.length).toBeGreaterThan(0);
    for (const generation of generations) {
      const actions = await replay(conversationDeadline, instanceId, generation);
      expect(actions).toEqual(generation.actions);
    }
  });
});

describe('the driver and the replay notice', () => {
  const activities = { 'reach-deadline': () => ({ outcome: 'expired' }) };
  const options = { input: INPUT, startedAt: T0, activities };

  it('an orchestrator that takes another path when it is run again', async () => {
    let runs = 0;
    const fickle: OrchestrationHandler = function* (context) {
      runs += 1;
      yield context.df.callActivity(runs % 2 === 0 ? 'reach-deadline' : 'tell-participants');
    };
    await expect(drive(fickle, options)).rejects.toThrow('non-deterministic');
  });

  it('a race whose timer is not cancelled: the instance stays until the timer fires', async () => {
    const forgetful: OrchestrationHandler = function* (context) {
      const timer = context.df.createTimer(new Date(T0 + 60_000));
      yield context.df.Task.any([timer, context.df.waitForExternalEvent('go')]);
      return 'gone';
    };
    const run = await drive(forgetful, { ...options, events: [{ at: T0 + 1_000, name: 'go' }] });
    expect(run).toMatchObject({ output: 'gone', endedAt: T0 + 60_000 });
  });

  it('a changed orchestrator under an old history', async () => {
    const changed: OrchestrationHandler = function* (context) {
      yield context.df.callActivity('something-new');
      return yield* conversationDeadline(context);
    };
    const { instanceId, generations } = histories.read('expires-at-the-deadline');
    const [generation] = generations;
    if (generation === undefined) throw new Error('nothing was recorded');
    await expect(replay(changed, instanceId, generation)).rejects.toThrow('non-deterministic');
  });
});

describe("the library's testing entry", () => {
  it('still has the parts that the driver uses', async () => {
    const entry = await import('durable-functions/lib/src/util/testingUtils');
    expect(entry).toMatchObject({
      createOrchestrator: expect.any(Function),
      DurableOrchestrationInput: expect.any(Function),
      DummyOrchestrationContext: expect.any(Function),
    });
  });
});
