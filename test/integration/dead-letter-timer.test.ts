import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, startSystem, type Row, type System } from './bad-input/system';

let system: System;
beforeAll(async () => {
  system = await startSystem({ settings: { DISCONNECT_GRACE: 'PT4S', AGENT_DISCONNECT_GRACE: 'PT10M' } });
});
afterAll(() => system?.stop());

const rowsOf = async (table: RegExp, has: string): Promise<Row[]> =>
  (await system.rows()).filter((row) => table.test(row.table) && JSON.stringify(row).includes(has));
const record = async (conversationId: string) =>
  (await rowsOf(/^Conversations$/, conversationId)).find(({ rowKey }) => rowKey === 'conversation');
/** The record that the host keeps of the instance, when it has completed. */
const completedTimer = async (conversationId: string) =>
  (await rowsOf(/LocalHost$/, `${conversationId}.disconnection.2`))
    .filter(({ status }) => status === 'Completed')
    .map(({ d0 }) => JSON.parse(String(d0)) as { version: string; output: string })[0];

it('a timer that meets a spoiled row ends with a dead letter, and a replay starts it again once it is mended', async () => {
  const { conversationId } = await system.born();
  const agent = await system.agent('ann');
  const act = (action: string, body: unknown) =>
    system.call(`v1/conversations/${conversationId}/${action}`, { headers: agent.bearer, body });
  expect((await act('accept', {})).status).toBe(200);
  expect((await system.event({ name: 'disconnected', conversationId, id: '3' })).status).toBe(204);
  // The record has a later deadline than the timer, which therefore has something to wait for after the replay.
  expect((await act('extend-wait', { by: 'PT10S' })).status).toBe(200);
  await system.alter(conversationId, { schemaVersion: 99 });

  const ended = await eventually(
    () => completedTimer(conversationId),
    (seen) => seen !== undefined,
  );
  expect(JSON.parse(ended?.output ?? '')).toEqual({ outcome: 'dead-lettered' });

  const key = { 'x-functions-key': system.stack.functionKey };
  const { json } = await system.call('v1/dead-letters', { method: 'GET', headers: key });
  const id = `${conversationId}.unreadable-row`;
  expect(json['items']).toContainEqual(expect.objectContaining({ id, state: 'open' }));

  await system.alter(conversationId, { schemaVersion: 2 });
  const replayed = await system.call(`v1/dead-letters/${id}/replay`, { headers: key });
  expect(replayed).toMatchObject({ status: 200, json: { state: 'resolved' } });

  await eventually(
    () => record(conversationId),
    (seen) => seen?.['state'] === 'WrapUp',
  );
  const again = await eventually(
    () => completedTimer(conversationId),
    (seen) => seen !== undefined,
  );
  expect(JSON.parse(again?.output ?? '')).toEqual({ outcome: 'expired' });
  const notices = (await rowsOf(/^Conversations$/, conversationId)).filter(
    ({ trigger }) => trigger === 'customer-disconnected',
  );
  expect(notices).toHaveLength(1);
});
