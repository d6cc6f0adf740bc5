import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { createServiceClient } from '../shared/web-pubsub/participants-client';
import { byTurns, cpuOfCall } from './by-turns';

/** The ways to send one message to a group, the plainest last. */
export const WAYS = ['SDK, key as text', "product's client", 'raw HTTP, token made before'] as const;
export type Way = (typeof WAYS)[number];

const KEY = 'an-access-key-of-the-measurement-0000';
const MESSAGE = { type: 'message', conversationId: 'conversation-0001', text: 'Where is my parcel?' };

/** In a process of its own, so that what it costs is not measured. */
const SERVER = `
  const server = require('http').createServer((request, response) => request.resume().on('end', () => response.writeHead(202).end()));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.stdin.on('end', () => process.exit()).resume();
`;

/** CPU of this process for one call, in microseconds, of each way by turns; one round more comes first. */
export async function measureRest(rounds: number, calls: number): Promise<Record<Way, number[]>> {
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const endpoint = `http://127.0.0.1:${Number(port.toString())}`;
    const bySdk = new WebPubSubServiceClient(`Endpoint=${endpoint};AccessKey=${KEY};Version=1.0;`, 'chat', {
      allowInsecureConnection: true,
    });
    const byProduct = createServiceClient({ endpoint, accessKey: KEY }, 'chat');
    const ways: Record<Way, () => Promise<unknown>> = {
      'SDK, key as text': () => bySdk.group('agents').sendToAll(MESSAGE),
      "product's client": () => byProduct.group('agents').sendToAll(MESSAGE),
      'raw HTTP, token made before': () => rawly(endpoint),
    };
    return await byTurns(WAYS, rounds, (way) => cpuOfCall(calls, ways[way]));
  } finally {
    server.stdin.end();
  }
}

function rawly(endpoint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(MESSAGE);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${'x'.repeat(200)}`,
    };
    const path = '/api/hubs/chat/groups/agents/:send?api-version=2024-12-01';
    request(`${endpoint}${path}`, { method: 'POST', headers }, (response) => {
      response.resume().on('end', () => resolve());
    })
      .on('error', reject)
      .end(body);
  });
}
