import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MINUTE } from '../../../shared/conversation/time';
import { createActivities } from '../../../shared/deadlines/deadline-activities';
import type { HttpOutput } from '../../../shared/http/route';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import { MemoryWorld } from '../../support/memory-ports';
import { PACE } from '../../support/pace';
import { PROFILE } from '../../unit/application/scene';
import { call, eventHeaders, HUB, request } from '../../unit/handlers/request';
import { overTables } from '../storage/over-tables';
import { emptied, startTables, type Tables } from '../storage/tables';

/**
 * An error that nobody has thought of, with a secret in its message: as a library throws it that puts the request into
 * it. Tables are real; Web PubSub, which fails here, and the task hub are ports over memory.
 */
const CANARY = 'CANARY-of-an-unexpected-error';
const SECRETS: readonly [string, Error][] = [
  [
    'a connection string with its key',
    new TypeError(`Invalid connection string: Endpoint=https://x.example;AccessKey=${CANARY};Version=1.0;`),
  ],
  [
    "a bearer token in an SDK's error",
    Object.assign(new Error(`401\n{"headers":{"authorization":"Bearer ${CANARY}"}}\n    at ${CANARY}`), {
      name: `RestError ${CANARY}`,
      code: CANARY.toLowerCase(),
      request: { headers: { authorization: `Bearer ${CANARY}` } },
      cause: new Error(CANARY),
    }),
  ],
  ['an address with a token', new Error(`connect wss://x.example/client/hubs/chat?access_token=${CANARY}`)],
];

const ID = 'conversation-0001';
let tables: Tables;
let world: MemoryWorld;
let now = Date.parse('2026-03-01T10:00:00Z');
let lines: string[] = [];

function parts() {
  const log = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { info: log, warn: log, error: log, refusal: log };
  const over = overTables(tables, world, () => now);
  return { ...over, logger, loggerOf: () => logger, conversations: () => over.service, pace: PACE };
}

async function rowsOf(table: Tables['deadLetters']): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of table.listEntities()) rows.push(JSON.stringify(row));
  return rows;
}

beforeAll(async () => {
  tables = startTables();
  await tables.ensureTables();
});
beforeEach(async () => {
  world = new MemoryWorld();
  lines = [];
  await emptied(tables.conversations, tables.workList, tables.deadLetters);
});

describe.each(SECRETS)('%s', (_, secret) => {
  it('is in no log line, no dead letter, no answer and nothing that the task hub is given', async () => {
    const made = parts();
    const { service } = made;
    await service.handle(ID, { type: 'connect', conversationId: ID, profile: PROFILE });
    await service.handle(ID, { type: 'connected', connectionId: 'tab-1', occurredAt: now });
    await service.handle(ID, { type: 'disconnected', connectionId: 'tab-1', occurredAt: now });
    now += 10 * MINUTE;
    world.gate = (operation) => {
      if (operation === 'presence') throw secret;
    };

    // The timer, reconciliation, an operator and a request from outside: each meets it.
    const input = { conversationId: ID, kind: 'disconnection', number: 2, deadline: '' } as const;
    const thrown = await createActivities(made)
      .reachDeadline(input)
      .catch((error: unknown) => error);
    await reconcile(made);
    const listed = await call('list-dead-letters', request({ method: 'GET' }), made);
    const [letter] = (JSON.parse(listed.body ?? '') as { items: { id: string; code: string }[] }).items;
    const replayed = await call(
      'replay-dead-letter',
      request({ params: { deadLetterId: letter?.id ?? '' } }),
      made,
    );
    const fromOutside = await call(
      'web-pubsub-events',
      request({ headers: eventHeaders({ name: 'connected', connectionId: 'tab-2' }) }),
      {
        ...made,
        conversations: () => ({
          ...service,
          receive: (id: string) => service.receive(id, { type: 'presence-checked' }),
        }),
        guard: async () => undefined,
        hub: HUB,
      },
    );

    const answers: HttpOutput[] = [listed, replayed, fromOutside];
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 500]);
    expect(letter).toMatchObject({ code: 'unexpected', kind: 'deadline-failed' });
    expect(thrown).toBeInstanceOf(Error);
    const { message, stack, cause } = thrown as Error;
    const told = { lines, answers, rows: await rowsOf(tables.deadLetters), thrown: [message, stack, cause] };
    expect(lines.join('\n')).toMatch(/dead-letter: opened .*"code":"unexpected","detail":"(Type)?Error\b/);
    expect(lines.join('\n')).toMatch(/web-pubsub-events: failed .*"code":"unexpected"/);
    expect(told.rows).toHaveLength(1);
    expect(JSON.stringify(told)).not.toMatch(new RegExp(CANARY, 'i'));
  });
});
