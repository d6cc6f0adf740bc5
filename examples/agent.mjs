// An agent's desk in a terminal: `node examples/agent.mjs [agentId]`. Prints what agents are told. Type an action for the latest
// conversation (`accept`, `end`, `close`, `extend-wait`, `end-wait` …), or `say` and a text. API is the address of the app,
// FUNCTION_KEY its key (defaults: those of `npm start`).
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { WebPubSubClient } from '@azure/web-pubsub-client';

const api = process.env.API ?? 'http://localhost:7071';
const agentId = process.argv[2] ?? 'bob';
let ticket;
let latest;

const post = (path, headers, body) =>
  fetch(`${api}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });

const client = new WebPubSubClient({
  // In a product the desk's backend asks this: a browser is never given the function key.
  async getClientAccessUrl() {
    const key = process.env.FUNCTION_KEY ?? 'local-function-key';
    const answer = await post('agents/negotiate', { 'x-functions-key': key }, { agentId, name: agentId });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status} ${body.code}: ${body.detail}`);
    ticket = body.ticket;
    return body.url;
  },
});

/** A customer who came before this desk. */
async function longestWaiting() {
  const headers = { authorization: `Bearer ${ticket}` };
  const answer = await fetch(`${api}/api/v1/conversations?state=Open&limit=1`, { headers });
  return answer.ok ? (await answer.json()).items[0]?.conversationId : undefined;
}

const show = ({ message: { data } }) => {
  if (data.type !== 'refused') latest = data.conversationId;
  console.log(JSON.stringify(data));
};
client.on('group-message', show);
client.on('server-message', show);
client.on('connected', () => console.log(`${agentId} is connected`));
process.on('SIGINT', () => process.exit(0));

await client.start();
for await (const line of createInterface({ input: process.stdin })) {
  const text = /^say (.+)/.exec(line)?.[1];
  if (line === '') continue;
  latest ??= await longestWaiting();
  if (latest === undefined) {
    console.log('There is no conversation yet: nobody waits.');
    continue;
  }
  if (text !== undefined) {
    // With an id of its own a message is stored once, also when the client repeats it by itself.
    const message = { conversationId: latest, text, messageId: randomUUID() };
    await client.sendEvent('message', message, 'json');
  } else {
    const body = line === 'extend-wait' ? { by: 'PT1M' } : {};
    const answer = await post(`conversations/${latest}/${line}`, { authorization: `Bearer ${ticket}` }, body);
    // An action that there is not has an answer without a body.
    const {
      conversation,
      code = 'no such action',
      detail = 'accept, end, close …',
    } = await answer.json().catch(() => ({}));
    console.log(
      answer.ok ? `${line}: ${conversation.state}` : `${line}: ${answer.status} ${code}: ${detail}`,
    );
  }
}
