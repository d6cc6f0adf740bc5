import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import type * as recorder from '../../support/functions-core';
import { recordedFunction, recordedFunctions } from '../../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof recorder>('../../support/functions-core').functionsCore,
  { virtual: true },
);

beforeAll(() => {
  app.http('answer', { route: 'answer/{id}', authLevel: 'function', handler: () => ({ status: 204 }) });
  app.timer('tick', { schedule: '0 */5 * * * *', handler: () => undefined });
  df.app.orchestration('wait', function* () {});
  df.app.activity('act', { handler: (input: number) => input + 1 });
  df.app.client.http('begin', { handler: () => ({ status: 202 }) });
});

describe('the recorder of registered functions', () => {
  it('has the name and the trigger of every registration', () => {
    expect(recordedFunctions().map(({ name, trigger }) => [name, trigger.type])).toEqual([
      ['act', 'activityTrigger'],
      ['answer', 'httpTrigger'],
      ['begin', 'httpTrigger'],
      ['tick', 'timerTrigger'],
      ['wait', 'orchestrationTrigger'],
    ]);
  });

  it('has the options of triggers and the other bindings', () => {
    expect(recordedFunction('answer').trigger).toMatchObject({
      route: 'answer/{id}',
      authLevel: 'function',
      methods: ['GET', 'POST'],
    });
    expect(recordedFunction('tick').trigger).toMatchObject({ schedule: '0 */5 * * * *' });
    const types = Object.values(recordedFunction('begin').bindings).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['httpTrigger', 'http', 'durableClient']));
  });

  it('has the handler as it was registered', async () => {
    await expect(recordedFunction('act').handler(41 as never)).resolves.toBe(42);
    expect(() => recordedFunction('missing')).toThrow('no function "missing" is registered');
  });

  it('refuses a second function of the same name', () => {
    expect(() => app.timer('tick', { schedule: '0 0 * * * *', handler: () => undefined })).toThrow(
      'two functions are named "tick"',
    );
  });
});
