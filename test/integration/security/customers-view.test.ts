import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually, startSystem, type System } from '../bad-input/system';

const PORTAL = 'https://shop.example/help';

let system: System;
beforeAll(async () => {
  system = await startSystem({
    settings: {
      DISCONNECT_GRACE: 'PT10M',
      AGENT_DISCONNECT_GRACE: 'PT1H',
      RECONNECT_ENABLED: 'true',
      RECONNECT_PORTAL_URL: PORTAL,
    },
  });
});
afterAll(() => system?.stop());

/** Who has been offered the conversation, and who has accepted it without a name. Their ids are in nothing else. */
const OFFERED = { agentId: 'CANARY-offered', agentName: 'Canary Offered' };
const UNNAMED = 'CANARY-unnamed';
const NORA = 'CANARY-nora';

it('everything a customer is ever sent, by socket and by HTTP, names no agent before the acceptance and no id of one after it [R147 R148]', async () => {
  const key = { 'x-functions-key': system.stack.functionKey };
  const override = { method: 'PUT', headers: { ...key, 'if-none-match': '*' } };
  const wording = { ...override, body: { text: '{AgentName}: one moment.' } };
  expect((await system.call('v1/automated-messages/agent-assigned', wording)).status).toBe(200);
  const agents = {
    offered: await system.agent(OFFERED.agentId, OFFERED.agentName),
    unnamed: await system.agent(UNNAMED),
    nora: await system.agent(NORA, 'Nora'),
  };
  const sent: string[] = [];
  const asCustomer = async (path: string, call: Parameters<System['call']>[1]) => {
    const answer = await system.call(path, call);
    sent.push(JSON.stringify([...answer.headers]), answer.text);
    return answer;
  };

  const signIn = () => asCustomer('v1/customers/negotiate', { headers: key, body: { customerId: 'kim' } });
  const first = (await signIn()).json as { url: string; ticket: string; conversationId: string };
  const { conversationId } = first;
  const path = `v1/conversations/${conversationId}`;
  const bearer = { authorization: `Bearer ${first.ticket}` };
  const socket = new WebSocket(first.url, 'json.webpubsub.azure.v1');
  const frames: string[] = [];
  socket.on('message', (data: Buffer) => frames.push(data.toString()));
  const closed = once(socket, 'close');
  await eventually(
    async () => frames.join(),
    (text) => text.includes('"connected"'),
  );
  let looks = 0;
  const look = async () => {
    looks += 1;
    const read = await asCustomer(path, { method: 'GET', headers: bearer });
    await signIn();
    await asCustomer('v1/negotiate', { headers: bearer });
    return read.json['conversation'] as { agent?: object; state: string; keptFor?: string };
  };
  const act = async (who: keyof typeof agents, action: string, body: object = {}) => {
    const done = await system.call(`${path}/${action}`, { headers: agents[who].bearer, body });
    expect([action, done.status]).toEqual([action, 200]);
    return look();
  };
  const say = (agentId: string, text: string) =>
    system.event({ name: 'message', userId: `agent.${agentId}`, body: { conversationId, text } });

  const waiting = await act('nora', 'offer', OFFERED);
  expect(waiting).not.toHaveProperty('agent');
  expect(waiting.keptFor).toMatch(/^PT\d/);
  socket.send(
    JSON.stringify({ type: 'event', event: 'message', dataType: 'json', data: { text: 'Hello?' } }),
  );
  await act('offered', 'decline');
  expect(await act('unnamed', 'accept')).toMatchObject({ agent: { name: 'Agent', accepted: true } });
  await say(UNNAMED, 'I have no name');
  await act('unnamed', 'release');
  const met = await act('nora', 'accept');
  expect(met.agent).toEqual({ name: 'Nora', accepted: true, acceptedAt: expect.any(String) });
  expect(met.keptFor).toMatch(/^PT\d/);
  await say(NORA, 'Should we be cut off: {ReconnectUrl}');
  await act('nora', 'transfer', { queue: 'returns' });
  await act('nora', 'accept');
  await act('nora', 'end');
  await closed;
  await act('nora', 'close');

  // It is not for want of anything to tell.
  const pushed = frames.join('\n');
  for (const type of [
    'notice',
    'message',
    'conversation-assigned',
    'conversation-queued',
    'conversation-ended',
  ]) {
    expect(pushed).toContain(`"type":"${type}"`);
  }
  expect(pushed).toContain('Nora');
  expect(pushed).toContain(`${PORTAL}?oc.reconnectid=`);
  expect(looks).toBe(9);
  expect(sent.join('\n')).toContain('"agentName":"Nora"');
  const toCustomer = [...frames, ...sent].join('\n');
  expect(toCustomer).not.toMatch(/canary/i);

  // Agents see the ids, and never what opens the conversation.
  const read = await system.call(path, { method: 'GET', headers: agents.nora.bearer });
  expect(read.json['conversation']).toMatchObject({ agent: { id: NORA } });
  expect(read.text).toContain('{ReconnectUrl}');
  expect(read.text).not.toContain('oc.reconnectid');
});
