import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTableConversationStore } from '../../../shared/conversation/conversation-table';
import { encodeEntry } from '../../../shared/conversation/conversation-table';
import { conversationOf, messageOf } from '../../unit/storage/samples';
import { createTableClients, type Policies } from '../../../shared/storage/table-clients';
import { startTables, type Tables } from './tables';

const SCRIPT = join(__dirname, '..', '..', '..', 'scripts', 'tables.mjs');

/** Values that a copy through plain JSON would change. */
const ROW = {
  partitionKey: 'c-1',
  rowKey: 'conversation',
  text: 'Grüße, 你好\n"quoted","fraction":5.0}',
  whole: { type: 'Int32', value: '7' },
  large: { type: 'Int64', value: '9007199254740993' },
  fraction: { type: 'Double', value: '3.5' },
  wholeDouble: { type: 'Double', value: 3 },
  wholeLargeDouble: { type: 'Double', value: 3_000_000_000 },
  negative: { type: 'Double', value: -120 },
  small: { type: 'Double', value: 1e-7 },
  flag: true,
  at: { type: 'DateTime', value: '2026-03-01T10:00:00.1234567Z' },
  bytes: new Uint8Array([0, 255, 7]),
} as const;

let from: Tables;
let to: Tables;

beforeAll(async () => {
  [from, to] = [startTables(), startTables()];
  await from.ensureTables();
});

async function run(command: string, tables: Tables, input = ''): Promise<string> {
  const { CONVERSATION_TABLES_ENDPOINT: _endpoint, ...others } = process.env;
  const env = { ...others, CONVERSATION_TABLES_CONNECTION_STRING: tables.connectionString };
  const child = spawn(process.execPath, [SCRIPT, command], { env });
  let output = '';
  let problems = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (problems += text));
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(problems);
  return output;
}

/** The row as the service writes it, where a whole Double is told from an Int32 by its `.0` alone. */
async function writtenAs(tables: Tables): Promise<string> {
  let text = '';
  const policy: Policies[number] = {
    position: 'perRetry',
    policy: {
      name: 'as-written',
      async sendRequest(request, next) {
        const response = await next(request);
        text = response.bodyAsText ?? '';
        return response;
      },
    },
  };
  const { connectionString } = tables;
  const clients = createTableClients({ connectionString }, {}, { policies: [policy] });
  await clients.conversations.getEntity(ROW.partitionKey, ROW.rowKey);
  const columns = [
    ...text.matchAll(/"(whole\w*|large|small|fraction|negative)(@odata.type)?":("?[^,"}]+"?)/g),
  ];
  return columns.map(([column]) => column).join(' ');
}

async function rowsOf(tables: Tables): Promise<unknown[]> {
  const rows: unknown[] = [];
  for (const table of [tables.conversations, tables.workList]) {
    for await (const row of table.listEntities({ disableTypeConversion: true })) {
      const { etag: _etag, timestamp: _timestamp, ...columns } = row as Record<string, unknown>;
      rows.push(columns);
    }
  }
  return rows;
}

describe('a backup of the tables', () => {
  it('leaves out entries that were written after their record had been read', async () => {
    const store = createTableConversationStore(from.conversations);
    const after = conversationOf('c-0', { lastSequence: 1 });
    await store.save({ before: undefined, after, entries: [messageOf(1)] });
    await from.conversations.createEntity(encodeEntry('c-0', { ...messageOf(2) }));
    const rows = (await run('backup', from)).trim().split('\n');
    const keys = rows.map((line) => (JSON.parse(line) as { row: { rowKey: string } }).row.rowKey);
    expect(keys).toEqual(['conversation', 'entry.000000000001']);
    for (const rowKey of [...keys, 'entry.000000000002'])
      await from.conversations.deleteEntity('c-0', rowKey);
  });

  it('is restored into empty tables with every row and the type of every column', async () => {
    await from.conversations.createEntity(ROW);
    for (let i = 0; i < 70; i += 1) {
      await from.workList.createEntity({ partitionKey: `shard-${i % 3}`, rowKey: `c-${i}`, i });
    }
    await run('restore', to, await run('backup', from));
    const restored = await rowsOf(to);
    expect(restored).toHaveLength(71);
    expect(restored).toEqual(await rowsOf(from));
    const written = await writtenAs(from);
    expect(written).toContain('"wholeDouble":3.0');
    expect(written).toContain('"whole":7 ');
    expect(await writtenAs(to)).toBe(written);
  });

  it('replaces what has changed since, and leaves newer rows alone', async () => {
    const copy = await run('backup', from);
    await from.conversations.upsertEntity(
      { partitionKey: 'c-1', rowKey: 'conversation', text: 'x' },
      'Replace',
    );
    await from.conversations.createEntity({ partitionKey: 'c-2', rowKey: 'conversation', text: 'later' });
    await run('restore', from, copy);
    const [first, second] = await rowsOf(from);
    expect(first).toMatchObject({
      rowKey: 'conversation',
      text: expect.objectContaining({ value: ROW.text }),
    });
    expect(first).toHaveProperty('large');
    expect(second).toMatchObject({ text: expect.objectContaining({ value: 'later' }) });
  });
});
