import { inspect } from 'node:util';
import { RestError, type TableClient } from '@azure/data-tables';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { expect, test } from '@jest/globals';
import { DependencyError, StoredRowError } from '../../../shared/app/errors';
import { tableCall, tableFailure } from '../../../shared/storage/table';

/** Everything that can be reached from an error, hidden properties and causes included. */
const everything = (error: unknown) =>
  inspect(error, { depth: null, showHidden: true, customInspect: false }) + inspect(error, { depth: null });

function failureWithSecrets(): RestError {
  const request = createPipelineRequest({
    url: 'https://account.table.core.windows.net/Conversations?sv=2019-02-02&sig=SECRETSAS',
    headers: createHttpHeaders({ authorization: 'SharedKeyLite account:SECRETKEY' }),
    body: '{"text":"SECRETTEXT"}',
  });
  return new RestError('{"odata.error":{"message":{"value":"MAC of SECRETKEY"}}}', {
    code: 'AuthenticationFailed',
    statusCode: 403,
    request,
    response: { request, status: 403, headers: createHttpHeaders({ 'x-ms-request-id': 'request-17' }) },
  });
}

test('a failure tells operation, status, code and request id', () => {
  const failure = tableFailure('load conversation', failureWithSecrets());
  expect(failure).toBeInstanceOf(DependencyError);
  expect(failure.retryable).toBe(true);
  expect(failure.message).toBe('table-storage failed at load conversation');
  expect(failure.cause).toMatchObject({ message: 'RestError 403 AuthenticationFailed request request-17' });
});

test('a failure carries no key, no SAS and no text of a row', () => {
  expect(everything(failureWithSecrets())).toMatch(/SECRET/);
  expect(everything(tableFailure('load conversation', failureWithSecrets()))).not.toMatch(/SECRET/);
});

test('an unreadable row stays what it is', () => {
  const unreadable = new StoredRowError('p/r', 'state: unreadable');
  expect(tableFailure('load conversation', unreadable)).toBe(unreadable);
});

test('a table that stays missing is created once and reported, not tried for ever', async () => {
  const missing = new RestError('missing', { code: 'TableNotFound', statusCode: 404 });
  const seen: string[] = [];
  const table = { createTable: async () => void seen.push('create') } as unknown as TableClient;
  const call = async () => {
    seen.push('call');
    throw missing;
  };
  await expect(tableCall(table, 'load conversation', call)).rejects.toBeInstanceOf(DependencyError);
  expect(seen).toEqual(['call', 'create', 'call']);
});
