import { beforeEach, describe, expect, it } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { createLogger } from '../../../shared/app/log';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { policyFor, type PolicyDocument, type PolicyName } from '../../../shared/policies/policy';
import { type CachedSettings, createSettingsSource } from '../../../shared/policies/settings-service';
import { DEFAULTS } from '../../support/domain/policies';
import { CALL } from '../../support/service';
import { MemorySettings } from '../../support/memory-settings';

const DOCUMENT: PolicyDocument = {
  channels: { portal: 'persistent-chat' },
  rules: [{ id: 'phones', when: { device: ['phone'] }, set: { grace: 5 * MINUTE } }],
};
const OVERRIDE = { trigger: 'agent-joined', text: 'Hello from {AgentName}', active: true } as const;

let store: MemorySettings;
let clock: { now: number };
let lines: string[];
let source: CachedSettings;

beforeEach(() => {
  store = new MemorySettings();
  clock = { now: 1_000_000 };
  lines = [];
  const keep = (...args: unknown[]) => void lines.push(args.join(' '));
  const logger = createLogger({ info: keep, warn: keep, error: keep });
  source = createSettingsSource({ store, base: DEFAULTS, now: () => clock.now, loggerOf: () => logger });
});

const rulesInForce = async () => (await source.current(CALL)).policies.rules;

/** Holds back what is read from now on, until it is released. */
function hold(): () => void {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  store.gate = () => held;
  return release;
}

describe('the settings in force', () => {
  it('are the base alone, as long as nobody has set anything', async () => {
    expect(await source.current(CALL)).toEqual({
      policies: { channels: {}, rules: [], base: DEFAULTS },
      messages: [],
    });
  });

  it('are what operators have stored, above the base', async () => {
    await store.savePolicies(DOCUMENT, 'create');
    await store.putOverride(OVERRIDE, 'create');
    expect(await source.current(CALL)).toEqual({
      policies: { ...DOCUMENT, base: DEFAULTS },
      messages: [OVERRIDE],
    });
  });

  it('are read once in 30 seconds, and a change is seen after them', async () => {
    expect(await rulesInForce()).toEqual([]);
    await store.savePolicies(DOCUMENT, 'create');
    clock.now += 30 * SECOND - 1;
    expect(await rulesInForce()).toEqual([]);
    expect(store.reads).toBe(1);
    clock.now += 1;
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
    expect(store.reads).toBe(2);
  });

  it('are read anew after the clock was set back: a change is seen no later [R345]', async () => {
    expect(await rulesInForce()).toEqual([]);
    await store.savePolicies(DOCUMENT, 'create');
    clock.now -= 10 * MINUTE;
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
  });

  it('are read once for everyone who asks at the same time', async () => {
    await store.savePolicies(DOCUMENT, 'create');
    const answers = await Promise.all(Array.from({ length: 100 }, rulesInForce));
    expect(answers).toEqual(Array.from({ length: 100 }, () => DOCUMENT.rules));
    expect(store.reads).toBe(1);
  });
});

describe('after a write of this process', () => {
  it('the settings are read anew at once', async () => {
    await source.current(CALL);
    await store.savePolicies(DOCUMENT, 'create');
    source.forget();
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
  });

  it('a reading that began before it is used by nobody who asks later', async () => {
    const release = hold();
    const before = rulesInForce();
    store.gate = () => Promise.resolve();
    await store.savePolicies(DOCUMENT, 'create');
    source.forget();
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
    release();
    expect(await before).toEqual([]);
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
  });

  it('a reading that began before it does not count as fresh, even if it ends first', async () => {
    const release = hold();
    const before = rulesInForce();
    await store.savePolicies(DOCUMENT, 'create');
    source.forget();
    release();
    await before;
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
  });
});

describe('while the storage fails', () => {
  it('the known settings go on, the failure is logged, and it is tried again 30 seconds later', async () => {
    await store.savePolicies(DOCUMENT, 'create');
    await source.current(CALL);
    clock.now += MINUTE;
    store.isDown = true;
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
    expect(await rulesInForce()).toEqual(DOCUMENT.rules);
    expect(lines).toEqual([
      expect.stringMatching(/^settings: not read, the known ones go on .*table-storage failed at/),
    ]);
    expect(store.reads).toBe(2);
    store.isDown = false;
    await store.savePolicies({ channels: {}, rules: [] }, { etag: '*' });
    clock.now += 30 * SECOND;
    expect(await rulesInForce()).toEqual([]);
  });

  it('a process that knows nothing yet fails as well, and tries again with the next call', async () => {
    store.isDown = true;
    await expect(source.current(CALL)).rejects.toBeInstanceOf(DependencyError);
    store.isDown = false;
    await expect(source.current(CALL)).resolves.toMatchObject({ messages: [] });
  });
});

describe('what is stored and cannot be read', () => {
  it('leaves the policies that were in force, and the messages are those of now', async () => {
    await store.savePolicies(DOCUMENT, 'create');
    await source.current(CALL);
    store.isUnreadable = true;
    await store.putOverride(OVERRIDE, 'create');
    clock.now += MINUTE;
    expect(await source.current(CALL)).toEqual({
      policies: { ...DOCUMENT, base: DEFAULTS },
      messages: [OVERRIDE],
    });
    expect(lines).toEqual([
      'settings: the stored policies cannot be read {"detail":"policies/document: not a policy document"}',
    ]);
  });

  it('takes no time from anybody: in a process that knows nothing yet the longest wait counts [R183]', async () => {
    store.isUnreadable = true;
    // A document of a newer version, of which one rule is not as this version writes them.
    const [channels, rules] = [{ portal: 'persistent-chat' as const }, DOCUMENT.rules];
    store.found = {
      document: { channels, rules },
      values: [
        { grace: 4 * 60 * MINUTE, openAutoClose: 'never' },
        { grace: 5 * MINUTE },
        { agentGrace: SECOND },
      ],
    };
    const { policies } = await source.current(CALL);
    const situation = {
      channel: 'live-chat',
      workstream: 'any',
      channelInstance: 'any',
      state: 'Open',
    } as const;
    for (const device of ['phone', 'desktop'] as const) {
      const applies = <K extends PolicyName>(name: K) => policyFor(policies, name, { ...situation, device });
      expect(applies('grace')).toBe(4 * 60 * MINUTE);
      expect(applies('openAutoClose')).toBe('never');
      expect(applies('agentGrace')).toBe(DEFAULTS.agentGrace);
      expect(applies('waitingAutoClose')).toBe(DEFAULTS.waitingAutoClose);
    }
    expect(policies.channels).toEqual(channels);
  });

  it('takes no time from anybody where reconnection was on, or the last document said less', async () => {
    await store.savePolicies(DOCUMENT, 'create');
    await source.current(CALL);
    store.isUnreadable = true;
    store.found = {
      document: { channels: {}, rules: [] },
      values: [{ reconnect: true, reconnectTimeLimit: 2 * MINUTE }],
    };
    for (let times = 0; times < 3; times += 1) {
      clock.now += MINUTE;
      const { rules } = (await source.current(CALL)).policies;
      const wait = Math.max(DEFAULTS.grace, DEFAULTS.reconnectTimeLimit, 5 * MINUTE);
      expect(rules).toEqual([
        { id: 'built-in-longest-waits', when: {}, set: { grace: wait, reconnectTimeLimit: wait } },
        ...DOCUMENT.rules,
      ]);
    }
  });

  it('leaves the base to a process that knows nothing yet', async () => {
    store.isUnreadable = true;
    expect((await source.current(CALL)).policies).toEqual({ channels: {}, rules: [], base: DEFAULTS });
    expect(lines).toHaveLength(1);
  });

  it('is named in the log, and takes no other message away', async () => {
    await store.putOverride(OVERRIDE, 'create');
    store.unreadable = ['agent-left|*|*|de', 'agent-left|*|*|fr'];
    expect((await source.current(CALL)).messages).toEqual([OVERRIDE]);
    expect(lines).toEqual([
      'settings: automated messages cannot be read {"count":2,"first":"agent-left|*|*|de"}',
    ]);
  });
});
