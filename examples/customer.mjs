// A customer in a terminal: `node examples/customer.mjs [ticket]`. A line that you type is sent, `/leave` ends the chat. Ctrl-C
// drops the connection without a word, as a closed laptop does. API is the address of the app (default: that of `npm start`).
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { WebPubSubClient, WebPubSubJsonProtocol } from '@azure/web-pubsub-client';

const api = process.env.API ?? 'http://localhost:7071';
let ticket = process.argv[2];

const credential = {
  async getClientAccessUrl() {
    const answer = await fetch(`${api}/api/v1/negotiate`, {
      method: 'POST',
      headers: ticket === undefined ? {} : { authorization: `Bearer ${ticket}` },
      body: JSON.stringify({ name: 'Ann', queue: 'sales' }),
    });
    const body = await answer.json();
    if (!answer.ok) {
      console.log(`${answer.status} ${body.code}: ${body.detail}`);
      process.exit(1);
    }
    ticket = body.ticket;
    console.log(`conversation ${body.conversationId}\nto come back: node examples/customer.mjs ${ticket}\n`);
    return body.url;
  },
};
// The client's own choice, the reliable protocol, mends short cuts by itself: Web PubSub would report the loss half a minute later.
const client = new WebPubSubClient(credential, { protocol: WebPubSubJsonProtocol() });

const show = ({ message: { data } }) => console.log(JSON.stringify(data));
client.on('group-message', show);
client.on('server-message', show);
client.on('connected', () => console.log('connected'));
client.on('stopped', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));

await client.start();
for await (const line of createInterface({ input: process.stdin })) {
  if (line === '/leave') await client.sendEvent('leave', {}, 'json', { fireAndForget: true });
  // With an id of its own a message is stored once, also when the client repeats it by itself.
  else if (line !== '') await client.sendEvent('message', { text: line, messageId: randomUUID() }, 'json');
}
