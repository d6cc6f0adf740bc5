import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../local/stack/ports';
import { ownAccount } from '../../local/stack/shared-azurite';
import { startLocalSystem, type LocalSystem } from '../e2e/local-system';
import { playAll, readBack, type Verdict } from '../e2e/play';
import { SCENARIOS } from '../e2e/scenarios';
import { dropsInQueue } from '../e2e/scenarios/drops-in-queue';
import { leaves } from '../e2e/scenarios/leaves';
import { enterWorld, leaveWorld, type World } from '../e2e/world';
import { runE2e, runSmoke } from './run-e2e';

/** One system for the whole file: it takes a while to come up, and two would build the app over each other. */
let system: LocalSystem;
let world: World;
/** Under way from the start, side by side; each test waits for its own. */
let verdicts: Map<string, Promise<Verdict>>;

beforeAll(async () => {
  system = await startLocalSystem({
    grace: 'PT5S',
    storageConnectionString: ownAccount().connectionString,
    // A comparison that happens to come just then would tell of the loss that "the verdict" keeps from the app.
    settings: { RECONCILE_COMPARE_EVERY: '1440' },
  });
  world = await enterWorld(system.worldOptions);
  const played = playAll(SCENARIOS, world);
  verdicts = new Map(SCENARIOS.map(({ name }, index) => [name, played[index]!]));
});

afterAll(async () => {
  try {
    if (world !== undefined) await leaveWorld(world);
  } finally {
    await system?.stop();
  }
});

describe('scenarios on the local stack', () => {
  it.each(SCENARIOS.map(({ name }) => name))('%s', async (name) => {
    const verdict = await verdicts.get(name);
    const because = verdict?.outcome === 'failed' ? verdict.problem : '';
    expect({ name, outcome: verdict?.outcome, because }).toEqual({ name, outcome: 'ok', because: '' });
  });

  it('read back when all are over, nothing has been added', async () => {
    const again = await Promise.all([...verdicts.values()].map(async (one) => readBack(await one, world)));
    expect(again.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  });
});

describe('the verdict', () => {
  it('tells in one line what is not as expected', async () => {
    const wrong = {
      ...leaves,
      expected: { ...leaves.expected, state: 'WrapUp', disconnections: 2 },
    } as const;
    expect(await playAll([wrong], world)[0]).toMatchObject({
      outcome: 'failed',
      problem: 'state: expected WrapUp, got Closed; disconnections: expected 2, got 1',
    });
  });

  it('is not ok when the app never hears of the loss', async () => {
    const { faults } = system.stack.webPubSub.control;
    faults.intercept = ({ eventName }) => (eventName === 'disconnected' ? 'drop' : 'deliver');
    try {
      expect(await playAll([dropsInQueue], { ...world, patienceMs: 4_000 })[0]).toMatchObject({
        outcome: 'failed',
        problem: expect.stringMatching(
          /^pushes to the agents: expected connection-lost within 4.0 s, got conversation-opened, customer-connected/,
        ) as unknown,
      });
    } finally {
      delete faults.intercept;
    }
  });
});

describe('npm run e2e', () => {
  const options = ({ functionsUrl, functionKey = '', webPubSub } = system.worldOptions) => ({
    '--functions': functionsUrl,
    '--web-pubsub': webPubSub,
    '--function-key': functionKey,
  });
  const run = (changes: Record<string, string> = {}) =>
    runE2e(...Object.entries({ ...options(), ...changes }).flat());

  it('passes on the running stack and says what it cannot do there', async () => {
    const { code, stdout } = await run({ '--patience': '20' });
    expect(stdout).toMatch(/^skipped {2}host killed: it kills the Functions host/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('10 passed, 0 failed, 4 skipped');
    expect(code).toBe(0);
  });

  it('says that nobody answers at the address', async () => {
    const url = `http://localhost:${await freePort()}`;
    const { code, stderr } = await run({ '--functions': url });
    expect(stderr).toContain(`GET ${url}/api/health got no answer: ECONNREFUSED`);
    expect(code).toBe(1);
  });

  it('says that another program answers there', async () => {
    const { code, stderr } = await run({ '--functions': system.stack.webPubSub.endpoint });
    expect(stderr).toMatch(/does not look like this app/);
    expect(code).toBe(1);
  });

  it('says that the function key is wrong', async () => {
    const { code, stderr } = await run({ '--function-key': 'wrong' });
    expect(stderr).toMatch(
      /the function key was refused .*POST \/api\/v1\/agents\/negotiate was answered 401/,
    );
    expect(code).toBe(1);
  });

  it('says that Web PubSub refuses the access key', async () => {
    const { webPubSub } = system.worldOptions;
    const { code, stderr } = await run({ '--web-pubsub': webPubSub.replace(/AccessKey=/, 'AccessKey=not-') });
    expect(stderr).toMatch(/Web PubSub at localhost:\d+ refuses --web-pubsub: 401/);
    expect(code).toBe(1);
  });

  it('says that the app uses another Web PubSub service', async () => {
    const { code, stderr } = await run({ '--web-pubsub': 'Endpoint=https://other.example;AccessKey=a2V5;' });
    expect(stderr).toMatch(
      /the app uses the Web PubSub service at localhost:\d+, --web-pubsub names other\.example/,
    );
    expect(code).toBe(1);
  });

  it.each([
    ['--functions is missing.', []],
    ['--functions must be an http or https URL.', ['--functions', 'localhost:7071']],
    ['--web-pubsub is missing.', ['--functions', 'http://localhost:7071']],
    ["Unknown option '--nonsense'", ['--nonsense']],
  ])('says in one sentence: %s', async (problem, args) => {
    const { code, stderr } = await runE2e(...args);
    expect(stderr).toMatch(/^[^\n]+\(npm run e2e -- --help shows what can be given\)\.\n$/);
    expect(stderr).toContain(problem.replace(/\.$/, ''));
    expect(code).toBe(2);
  });

  it('shows examples when asked for help', async () => {
    const { code, stdout } = await runE2e('--help');
    for (const place of ['npm start', 'func start', 'Azure:']) expect(stdout).toContain(place);
    expect(code).toBe(0);
  });
});

describe('npm run smoke', () => {
  const options = () => {
    const { functionsUrl, functionKey = '' } = system.worldOptions;
    return ['--functions', functionsUrl, '--function-key', functionKey, '--patience', '60'];
  };

  it('plays one loss, one return and one end, tells each step, and asks Web PubSub for nothing', async () => {
    const { code, stdout, stderr } = await runSmoke(...options());
    expect(stdout).toMatch(/drops when active .* agents told: lost, \d\.\d s are left/);
    expect(stdout).toMatch(/returns in time .* agents told: back/);
    expect(stdout).toMatch(/leaves .* customer told, socket closed, return refused/);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^3 passed, 0 failed, 0 skipped in \d+ s$/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('ends with 1 and names what was not as expected, and in which conversations', async () => {
    const { faults } = system.stack.webPubSub.control;
    faults.intercept = ({ eventName }) => (eventName === 'disconnected' ? 'drop' : 'deliver');
    try {
      const { code, stdout, stderr } = await runSmoke(...options(), '--patience', '4');
      expect(stdout).toMatch(/^FAILED drops when active: .*expected connection-lost within 4\.0 s/m);
      expect(stdout).toMatch(/^FAILED returns in time: /m);
      expect(stdout).toMatch(/^1 passed, 2 failed, 0 skipped in /m);
      expect(stderr).toMatch(
        /^Its conversations: [\w-]+, [\w-]+, [\w-]+\. What to look at: docs\/FIRST-DEPLOYMENT\.md$/m,
      );
      expect(code).toBe(1);
    } finally {
      delete faults.intercept;
    }
  });

  it.each([
    ['the key', ['--function-key', 'wrong'], /^the function key was refused .* 401\b/],
    [
      'the service',
      ['--web-pubsub', 'Endpoint=https://other.example;AccessKey=a2V5;'],
      /^the app uses .*, --web-pubsub names other\.example\n$/,
    ],
  ])('says that %s does not fit', async (_what, changed, says) => {
    const { code, stderr } = await runSmoke(...options(), ...changed);
    expect(stderr).toMatch(says);
    expect(code).toBe(1);
  });
});
