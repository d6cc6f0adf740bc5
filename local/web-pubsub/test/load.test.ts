import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startScene } from './support';

const CLIENTS = 500;
const AT_ONCE = 100;

test(`${CLIENTS} clients come, are all reached, and go; nothing of them is left`, async () => {
  const scene = await startScene({ systemEvents: [] });
  const url = await scene.clientUrl({ groups: ['all'] });
  const sockets: WebSocket[] = [];
  while (sockets.length < CLIENTS) {
    const batch = Array.from({ length: AT_ONCE }, () => new WebSocket(url));
    await Promise.all(batch.map((socket) => once(socket, 'open')));
    sockets.push(...batch);
  }
  expect(scene.service.control.connections()).toHaveLength(CLIENTS);

  const reached = sockets.map((socket) => once(socket, 'message'));
  await scene.rest.group('all').sendToAll('hello', { contentType: 'text/plain' });
  const texts = (await Promise.all(reached)).map(([data]) => String(data));
  expect(new Set(texts)).toEqual(new Set(['hello']));

  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const [n, socket] of sockets.entries()) {
    if (n % 2 === 0) socket.close();
    else socket.terminate();
  }
  await Promise.all(closed);
  while (await scene.rest.groupExists('all'));
  expect(scene.service.control.connections()).toEqual([]);
  await scene.stop();
});
