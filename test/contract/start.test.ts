import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { recordedFunctions } from '../support/functions-core';
import { load, loadFunctions, SETTINGS } from './functions-app';
import type * as FunctionsCore from '../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../support/functions-core').functionsCore,
  { virtual: true },
);

beforeEach(() => {
  jest.resetModules();
  for (const name of Object.keys(SETTINGS)) delete process.env[name];
});

const failureOf = (run: Promise<unknown>): Promise<Error | undefined> =>
  run.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );

describe('the app', () => {
  it('does not load without configuration, and names every variable that it misses', async () => {
    const failure = await failureOf(loadFunctions());
    expect(failure).toMatchObject({ name: 'ConfigurationError', code: 'configuration-invalid' });
    for (const name of ['WEB_PUBSUB_', 'CONVERSATION_TABLES_', 'WEBHOOK_GUARD', 'TICKET_SIGNING_KEY']) {
      expect(failure?.message).toContain(name);
    }
  });

  it.each(Object.keys(SETTINGS))('does not load without %s', async (name) => {
    Object.assign(process.env, SETTINGS);
    delete process.env[name];
    expect((await failureOf(load('shared/app/composition')))?.message).toContain(name);
  });

  it('does not even answer its health check without configuration', async () => {
    expect(await failureOf(load('functions/http'))).toMatchObject({ name: 'ConfigurationError' });
    expect(recordedFunctions().map(({ name }) => name)).not.toContain('health');
  });

  it('does not load with a value it cannot use, which it does not repeat', async () => {
    Object.assign(process.env, SETTINGS, { TICKET_SIGNING_KEY: 'hunter2' });
    const failure = await failureOf(load('shared/app/composition'));
    expect(failure?.message).toMatch(/TICKET_SIGNING_KEY is malformed: give a secret of at least 32/);
    expect(failure?.message).not.toContain('hunter2');
  });

  it('loads with four settings', async () => {
    Object.assign(process.env, SETTINGS);
    await expect(load('shared/app/composition')).resolves.toHaveProperty('composition');
  });
});
