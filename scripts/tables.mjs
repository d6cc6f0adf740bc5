// `node scripts/tables.mjs backup > tables.ndjson` writes every row of every table of the conversations' storage account, one
// to a line; `node scripts/tables.mjs restore < tables.ndjson` puts them back, with the types of their columns. Rows that
// exist are replaced, others stay, so restore into empty tables. The account is CONVERSATION_TABLES_ENDPOINT, opened by whoever has signed in
// (`az login`), or CONVERSATION_TABLES_CONNECTION_STRING. Everything that was said is in the file, in clear.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { DefaultAzureCredential } from '@azure/identity';

const AT_ONCE = 32;
/** What the service adds to a row that it answers with. */
const OF_THE_ANSWER = ['etag', 'timestamp', 'odata.metadata'];
const { CONVERSATION_TABLES_ENDPOINT: endpoint, CONVERSATION_TABLES_CONNECTION_STRING: connectionString } =
  process.env;
const run = { backup, restore }[process.argv[2]];
if (run === undefined || (endpoint === undefined && connectionString === undefined)) {
  console.error(
    'node scripts/tables.mjs backup|restore, with CONVERSATION_TABLES_ENDPOINT or CONVERSATION_TABLES_CONNECTION_STRING',
  );
  process.exit(2);
}

/** A string of JSON; if it is a name, the number that follows it. */
const NUMBER = /("(?:[^"\\]|\\.)*")(?:\s*:\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}]))?/g;

/**
 * Prevents: a whole number of type Double, which the service writes as `5.0` and nothing else, is read as 5, and restored as
 * an Int32, or not at all where it is too large for one. Here its type is written beside it, before the SDK parses it.
 */
const doubles = {
  position: 'perRetry',
  policy: {
    name: 'doubles',
    async sendRequest(request, next) {
      const response = await next(request);
      const typed = response.bodyAsText?.replace(NUMBER, (all, name, number) =>
        number === undefined || !/[.eE]/.test(number)
          ? all
          : `${name}:"${number}",${name.slice(0, -1)}@odata.type":"Edm.Double"`,
      );
      return { ...response, bodyAsText: typed };
    },
  },
};

const options = {
  allowInsecureConnection: connectionString !== undefined,
  additionalPolicies: [doubles],
};
const credential = connectionString === undefined ? new DefaultAzureCredential() : undefined;
const service = credential
  ? new TableServiceClient(endpoint, credential, options)
  : TableServiceClient.fromConnectionString(connectionString, options);
const tableOf = (name) =>
  credential
    ? new TableClient(endpoint, name, credential, options)
    : TableClient.fromConnectionString(connectionString, name, options);

/** Keys of the rows of a conversation: its record, which is read first, and behind it the entries of its transcript. */
const RECORD = 'conversation';
const ENTRY = /^entry\.(\d+)$/;

async function backup() {
  const names = [];
  for await (const { name } of service.listTables()) names.push(name);
  // The list is read twice. Prevents: a conversation that begins or ends while the others are read is in the copy, but
  // on no list that leads to it. What is listed too much, reconciliation takes off.
  const first = names.filter((name) => name === 'WorkList');
  let rows = 0;
  for (const name of [...first, ...names]) {
    let record;
    // Without conversion a 64-bit number stays one, and a whole number is not taken for a fraction.
    for await (const row of tableOf(name).listEntities({ disableTypeConversion: true })) {
      if (row.rowKey === RECORD) record = row;
      if (isAhead(row, record)) continue;
      const columns = Object.fromEntries(
        Object.entries(row).filter(([column]) => !OF_THE_ANSWER.includes(column)),
      );
      const line = `${JSON.stringify({ table: name, row: columns })}\n`;
      if (!process.stdout.write(line)) await once(process.stdout, 'drain');
      rows += 1;
    }
  }
  return `${rows} rows written`;
}

/**
 * Prevents: an entry that was written after its record had been read is restored, the record gives its number once more,
 * and nothing can be saved in that conversation again.
 */
function isAhead({ partitionKey, rowKey }, record) {
  const [, sequence] = ENTRY.exec(rowKey) ?? [];
  if (sequence === undefined || record?.partitionKey !== partitionKey) return false;
  return Number(sequence) > Number(record.lastSequence?.value ?? record.lastSequence);
}

async function restore() {
  const tables = new Map();
  let rows = 0;
  let pending = [];
  const flush = async () => {
    await Promise.all(pending.map(({ table, row }) => tables.get(table).upsertEntity(row, 'Replace')));
    rows += pending.length;
    pending = [];
  };
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') continue;
    const one = JSON.parse(line);
    if (!tables.has(one.table)) {
      tables.set(one.table, tableOf(one.table));
      await tables.get(one.table).createTable();
    }
    pending.push(one);
    if (pending.length === AT_ONCE) await flush();
  }
  await flush();
  return `${rows} rows restored`;
}

console.error(await run());
