import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { expect, test } from '@jest/globals';
import { createTableConversationStore } from '../../../shared/conversation/conversation-table';
import {
  createTableClients,
  type Policies,
  type TableConnection,
} from '../../../shared/storage/table-clients';
import { conversationOf, messageOf } from './samples';

interface Sent {
  readonly url: string;
  readonly authorization: string | undefined;
}

/** A store whose requests end right before the network, each answered with 400. */
function withoutNetwork(connection: TableConnection) {
  const sent: Sent[] = [];
  const policies: Policies = [
    {
      position: 'perRetry',
      policy: {
        name: 'noNetwork',
        async sendRequest(request) {
          sent.push({ url: request.url, authorization: request.headers.get('authorization') });
          return { request, status: 400, headers: createHttpHeaders() };
        },
      },
    },
  ];
  const { conversations } = createTableClients(connection, {}, { policies });
  return { store: createTableConversationStore(conversations), sent };
}

const save = { before: undefined, after: conversationOf('c-00000001'), entries: [messageOf(1)] };

test('an identity needs one request for a load and one for a transaction, with its token for storage', async () => {
  const scopes: unknown[] = [];
  const credential: TokenCredential = {
    getToken: async (scope) => {
      scopes.push(scope);
      return { token: 'TOKEN', expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const endpoint = 'https://account.table.core.windows.net';
  const { store, sent } = withoutNetwork({ endpoint, credential });
  await expect(store.load('c-00000001')).rejects.toHaveProperty('code', 'dependency-failed');
  await expect(store.save(save)).rejects.toHaveProperty('code', 'dependency-failed');
  expect(sent.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([
    `${endpoint}/Conversations(PartitionKey='c-00000001',RowKey='conversation')`,
    `${endpoint}/$batch`,
  ]);
  expect(sent.every(({ authorization }) => authorization === 'Bearer TOKEN')).toBe(true);
  expect(scopes.flat()).toEqual(['https://storage.azure.com/.default']);
});

test('a token is never sent over plain HTTP', async () => {
  const credential: TokenCredential = {
    getToken: async () => ({ token: 'TOKEN', expiresOnTimestamp: 9e15 }),
  };
  const { store, sent } = withoutNetwork({ endpoint: 'http://account.example', credential });
  await expect(store.load('c-00000001')).rejects.toHaveProperty('code', 'dependency-failed');
  expect(sent).toEqual([]);
});

test.each([
  [
    'the local emulator',
    'UseDevelopmentStorage=true',
    /^http:\/\/127\.0\.0\.1:10002\/devstoreaccount1\/\$batch/,
  ],
  [
    'an account',
    'DefaultEndpointsProtocol=https;AccountName=account;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net',
    /^https:\/\/account\.table\.core\.windows\.net\/\$batch$/,
  ],
  [
    'a shared access signature',
    'TableEndpoint=https://account.table.core.windows.net/;SharedAccessSignature=sv=2019-02-02&sig=abc',
    /^https:\/\/account\.table\.core\.windows\.net\/\$batch\?sv=2019-02-02&sig=abc$/,
  ],
])('a connection string of %s leads to its transactions', async (_, connectionString, url) => {
  const { store, sent } = withoutNetwork({ connectionString });
  await expect(store.save(save)).rejects.toHaveProperty('code', 'dependency-failed');
  expect(sent.map((request) => request.url)).toEqual([expect.stringMatching(url)]);
});
