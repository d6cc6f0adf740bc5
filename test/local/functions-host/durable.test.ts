import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FunctionsHost } from '../../../local/functions-host';
import { RemoteClient, startAzurite, startFixture, type Azurite } from './support';

describe('orchestrations of the real durable-functions library', () => {
  let azurite: Azurite;
  let host: FunctionsHost;
  let client: RemoteClient;
  let output = '';

  beforeAll(async () => {
    azurite = await startAzurite();
    host = await startFixture(azurite.connectionString, {}, { onOutput: (text) => (output += text) });
    client = new RemoteClient(host);
  });
  afterAll(async () => {
    await host?.stop();
    await azurite?.stop();
  });

  it('take the late branch when the timer wins', async () => {
    const id = await client.start('race', { waitMs: 200 });
    const status = await client.until(id, 'Completed');
    expect(status.output).toEqual({ answeredInTime: false, payload: null, noted: `noted late ${id}` });
  });

  it('take the answered branch when the event wins, and end without waiting for the timer', async () => {
    const id = await client.start('race', { waitMs: 3_600_000 });
    await client.call('raiseEvent', id, 'answered', { by: 'customer' });
    const status = await client.until(id, 'Completed');
    expect(status.output).toEqual({
      answeredInTime: true,
      payload: { by: 'customer' },
      noted: `noted answered ${id}`,
    });
  });
});
