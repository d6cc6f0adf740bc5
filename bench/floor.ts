import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
import { byTurns, cpuOfCall } from './by-turns';
import type { Calls } from './protocol';

/** What a request to tables costs this process by itself: by the SDK, and by plain HTTP. Microseconds of CPU, of each round. */
export type Floor = Readonly<Record<keyof Calls, { readonly sdk: number[]; readonly raw: number[] }>>;

interface Account {
  readonly connectionString: string;
  readonly ports: { readonly table: number };
}

/** As large as the record of a conversation that has just begun. */
const FIELDS = { State: 'Active', Document: 'x'.repeat(1_200), LastSequence: 1 };
const ENTRY = { kind: 'message', text: 'Where is my parcel?' };

/** Of each kind by turns; one round more comes first. */
export async function measureFloor(
  { connectionString, ports }: Account,
  rounds: number,
  calls: number,
): Promise<Floor> {
  const table = TableClient.fromConnectionString(connectionString, 'Floor', {
    allowInsecureConnection: true,
  });
  await table.createTable();
  const raw = rawly(connectionString, ports.table);
  const id = randomUUID();
  await table.createEntity({ partitionKey: id, rowKey: 'record', ...FIELDS });
  const ways: Record<keyof Calls, Record<'sdk' | 'raw', () => Promise<unknown>>> = {
    read: {
      sdk: () => table.getEntity(id, 'record'),
      raw: () => raw('GET', `Floor(PartitionKey='${id}',RowKey='record')`),
    },
    write: {
      sdk: () => table.upsertEntity({ partitionKey: id, rowKey: 'row', ...FIELDS }, 'Replace'),
      raw: () => raw('PUT', `Floor(PartitionKey='${id}',RowKey='row')`, JSON.stringify(FIELDS)),
    },
    transaction: {
      sdk: () =>
        table.submitTransaction([
          ['upsert', { partitionKey: id, rowKey: 'record', ...FIELDS }, 'Replace'],
          ['create', { partitionKey: id, rowKey: randomUUID(), ...ENTRY }],
        ]),
      raw: () => raw('POST', '$batch', batch(`http://127.0.0.1:${ports.table}/${raw.account}`, id)),
    },
  };
  const kinds = ['read', 'write', 'transaction'] as const;
  const names = kinds.flatMap((kind) => [`${kind} sdk`, `${kind} raw`] as const);
  const costs = await byTurns(names, rounds, (name) => {
    const [kind, way] = name.split(' ') as [keyof Calls, 'sdk' | 'raw'];
    return cpuOfCall(calls, ways[kind][way]);
  });
  const of = (kind: keyof Calls) => ({ sdk: costs[`${kind} sdk`], raw: costs[`${kind} raw`] });
  return { read: of('read'), write: of('write'), transaction: of('transaction') };
}

const BOUNDARY = 'batch_floor';

/** The record and an entry, in one change set. */
function batch(address: string, id: string): string {
  const part = (method: string, rowKey: string, fields: object) =>
    [
      '--changeset_floor',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      `${method} ${address}/Floor(PartitionKey='${id}',RowKey='${rowKey}') HTTP/1.1`,
      'Content-Type: application/json',
      'Accept: application/json;odata=minimalmetadata',
      'DataServiceVersion: 3.0;',
      '',
      JSON.stringify(fields),
      '',
    ].join('\r\n');
  const changes = [part('PUT', 'record', FIELDS), part('PUT', randomUUID(), ENTRY), '--changeset_floor--'];
  return [
    `--${BOUNDARY}`,
    'Content-Type: multipart/mixed; boundary=changeset_floor',
    '',
    changes.join('\r\n'),
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n');
}

/** Requests over connections that are kept, signed with the account's key (SharedKeyLite), and nothing besides. */
function rawly(connectionString: string, port: number) {
  const part = (name: string) => new RegExp(`${name}=([^;]+)`).exec(connectionString)?.[1] ?? '';
  const { name, key } = new AzureNamedKeyCredential(part('AccountName'), part('AccountKey'));
  const secret = Buffer.from(key, 'base64');
  const agent = new Agent({ keepAlive: true });
  const send = (method: string, path: string, body = ''): Promise<void> =>
    new Promise((resolve, reject) => {
      const date = new Date().toUTCString();
      const target = `/${name}/${path}`;
      const signature = createHmac('sha256', secret).update(`${date}\n/${name}${target}`).digest('base64');
      const isBatch = path === '$batch';
      const headers = {
        'x-ms-date': date,
        'x-ms-version': '2019-02-02',
        authorization: `SharedKeyLite ${name}:${signature}`,
        accept: 'application/json;odata=minimalmetadata',
        'content-type': isBatch ? `multipart/mixed; boundary=${BOUNDARY}` : 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      request({ host: '127.0.0.1', port, agent, method, path: target, headers }, (response) => {
        let answer = '';
        response.on('data', (chunk: Buffer) => (answer += chunk.toString()));
        response.on('end', () => {
          const isFailed = (response.statusCode ?? 500) >= 300 || /HTTP\/1\.1 [45]/.test(answer);
          if (isFailed) reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
          else resolve();
        });
      })
        .on('error', reject)
        .end(body);
    });
  return Object.assign(send, { account: name });
}
