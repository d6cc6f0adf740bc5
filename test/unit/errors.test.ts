import { describe, expect, it } from '@jest/globals';
import { DependencyError, ownError, UnexpectedError } from '../../shared/app/errors';

describe('an error that is not one of ours', () => {
  it('tells its class and the place in our code, and nothing of its message', () => {
    const error = ownError(new TypeError('SECRET is not a function'));
    expect(error).toBeInstanceOf(UnexpectedError);
    expect(error).toMatchObject({ code: 'unexpected', retryable: false });
    expect(error.message).toMatch(/^TypeError at unit\/errors\.test\.ts:\d+$/);
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('SECRET');
  });

  it("tells the system's code", () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED SECRET'), { code: 'ECONNREFUSED' });
    expect(ownError(refused).message).toMatch(/^Error ECONNREFUSED at unit\/errors\.test\.ts:\d+$/);
  });

  it.each([
    ['its name', { name: 'SECRET SECRET' }],
    ['its code', { code: 'secret-code' }],
    ['its stack', { stack: 'Error: SECRET\n    at SECRET\n    at https://SECRET.example/?sig=SECRET' }],
    ['its stack, which is one long line', { stack: `    at ${'SECRET/'.repeat(10_000)}` }],
    ['its stack, which is none', { stack: undefined }],
  ])('tells nothing that somebody has written into %s', (_, change) => {
    const { message } = ownError(Object.assign(new Error('SECRET'), change));
    expect(message).toMatch(/^Error( at [\w./-]+:\d+)?$/);
    expect(message).not.toMatch(/secret/i);
  });

  it.each([
    ['SECRET', 'string'],
    [undefined, 'undefined'],
    [{ message: 'SECRET' }, 'object'],
  ])('tells what was thrown when it is no error at all (%#)', (thrown, type) => {
    expect(ownError(thrown).message).toBe(`not an error but ${type}`);
  });
});

it('an error of ours stays as it is', () => {
  const error = new DependencyError('web-pubsub', 'ask');
  expect(ownError(error)).toBe(error);
});
