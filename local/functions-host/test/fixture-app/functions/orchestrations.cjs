const df = require('durable-functions');
const { appendFileSync, existsSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const note = (line) => process.env.FIXTURE_NOTES && appendFileSync(process.env.FIXTURE_NOTES, `${line}\n`);

/** Waits for an event, at most so many milliseconds. */
df.app.orchestration('race', function* (context) {
  const { df: o } = context;
  const { waitMs } = o.getInput();
  const timer = o.createTimer(new Date(o.currentUtcDateTime.getTime() + waitMs));
  const event = o.waitForExternalEvent('answered');
  const winner = yield o.Task.any([event, timer]);
  const answeredInTime = winner === event;
  if (answeredInTime) timer.cancel();
  const noted = yield o.callActivity(
    'note',
    answeredInTime ? `answered ${o.instanceId}` : `late ${o.instanceId}`,
  );
  return { answeredInTime, payload: answeredInTime ? event.result : null, noted };
});

/** Leaves the losing timer open, and tells that the race is over. */
df.app.orchestration('forgetful-race', function* (context) {
  const { df: o } = context;
  const timer = o.createTimer(new Date(o.currentUtcDateTime.getTime() + o.getInput().waitMs));
  yield o.Task.any([o.waitForExternalEvent('answered'), timer]);
  o.setCustomStatus('raced');
  return 'done';
});

/** Retries, failures and parallel work, then one more activity: its result proves that the numbers are aligned. */
df.app.orchestration('retries', function* (context) {
  const { df: o } = context;
  const retry = new df.RetryOptions(20, 3);
  const results = [];
  results.push(yield o.callActivityWithRetry('flaky', retry, { key: `${o.instanceId}-a`, failures: 2 }));
  try {
    yield o.callActivityWithRetry('flaky', retry, { key: `${o.instanceId}-b`, failures: 9 });
  } catch (error) {
    results.push(error.message);
  }
  const both = [
    o.callActivityWithRetry('flaky', retry, { key: `${o.instanceId}-c`, failures: 1 }),
    o.callActivity('echo', [1, 'two', null]),
    o.callActivity('echo'),
    o.callActivity('echo', 'text'),
    o.callActivity('echo', 42),
  ];
  results.push(yield o.Task.all(both));
  try {
    yield o.callActivity('flaky', { key: `${o.instanceId}-d`, failures: 1 });
  } catch {
    results.push('failed');
  }
  try {
    yield o.callActivityWithRetry('no-such-activity', retry);
  } catch (error) {
    results.push(error.message);
  }
  results.push(yield o.callActivity('echo', 'last'));
  return results;
});

df.app.orchestration('countdown', function* (context) {
  const { df: o } = context;
  const { left, seen = [] } = o.getInput();
  o.setCustomStatus({ left });
  const next = [...seen, yield o.callActivity('echo', left)];
  if (left > 1) o.continueAsNew({ left: left - 1, seen: next });
  else return next;
});

/** Two events in order, handled one generation each. */
df.app.orchestration('generations', function* (context) {
  const { df: o } = context;
  const { seen = [] } = o.getInput();
  o.setCustomStatus({ seen: seen.length });
  const event = yield o.waitForExternalEvent('next');
  if (seen.length === 1) return [...seen, event];
  o.continueAsNew({ seen: [...seen, event] });
});

df.app.orchestration('parent', function* (context) {
  const { df: o } = context;
  const results = [yield o.callSubOrchestrator('child', { mode: 'return' })];
  try {
    yield o.callSubOrchestrator('child', { mode: 'throw' });
  } catch (error) {
    results.push(error.message);
  }
  const slow = o.callSubOrchestrator('child', { mode: 'wait' }, `${o.instanceId}-slow`);
  o.setCustomStatus('waiting for the slow child');
  results.push(yield slow);
  results.push(yield o.callActivity('echo', 'last'));
  return results;
});

df.app.orchestration('child', function* (context) {
  const { df: o } = context;
  const { mode } = o.getInput();
  if (mode === 'throw') throw new Error('the child is unhappy');
  if (mode === 'wait') return yield o.waitForExternalEvent('go');
  return { parent: o.parentInstanceId, version: o.version, got: yield o.callActivity('echo', mode) };
});

df.app.orchestration('failing', function* (context) {
  yield context.df.callActivity('echo', 1);
  throw new Error('no way');
});

/** The known defect: a pending task is yielded again in a second race. */
df.app.orchestration('reuses-a-task', function* (context) {
  const { df: o } = context;
  const held = o.callActivity('held');
  yield o.Task.any([held, o.callActivity('echo', 1)]);
  yield o.Task.any([held, o.callActivity('echo', 2)]);
  return 'done';
});

df.app.orchestration('calls-http', function* (context) {
  yield context.df.callHttp({ method: 'GET', url: 'http://localhost:1/' });
});

/** Hands on, returns, or throws a text of the given length. */
df.app.orchestration('oversized', function* (context) {
  const { how, length } = context.df.getInput();
  const text = 'x'.repeat(length);
  if (how === 'throw') throw new Error(text);
  if (how === 'call') yield context.df.callActivity('echo', text);
  if (how === 'result') yield context.df.callActivity('long', length);
  return text;
});

/** Changes its code between two starts of the host. */
df.app.orchestration('changing', function* (context) {
  yield context.df.callActivity(process.env.FIXTURE_CHANGED ? 'note' : 'echo', 'x');
  yield context.df.waitForExternalEvent('go');
  return 'done';
});

df.app.orchestration('held-then-timer', function* (context) {
  const { df: o } = context;
  const first = yield o.callActivity('held');
  yield o.createTimer(new Date(o.currentUtcDateTime.getTime() + 50));
  return first;
});

df.app.orchestration('fan-out', function* (context) {
  const { df: o } = context;
  const numbers = Array.from({ length: 150 }, (_, i) => i);
  const results = yield o.Task.all(numbers.map((i) => o.callActivity('echo', i)));
  return results.reduce((sum, value) => sum + value, 0);
});

df.app.activity('echo', { handler: async (input) => input });
df.app.activity('long', { handler: async (length) => 'x'.repeat(length) });
df.app.activity('note', { handler: async (line) => (note(line), `noted ${line}`) });
/** Hangs until the test lets it go by a file. */
df.app.activity('held', {
  handler: async () => {
    note('held');
    while (!existsSync(`${process.env.FIXTURE_NOTES}.let-go`)) await sleep(20);
    return 'let go';
  },
});

const attempts = new Map();
df.app.activity('flaky', {
  handler: async ({ key, failures }) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt <= failures) throw new Error(`attempt ${attempt} failed`);
    return `worked at attempt ${attempt}`;
  },
});
