// Clients of the SDKs that answer at once and out of memory. The product's own adapters call them; nothing but the
// network is left out, so what runs here is what runs for a real event.
import Module from 'node:module';
import { RestError } from '@azure/data-tables';
import { functionsCore } from '../../test/support/functions-core';

type Row = Record<string, unknown> & { partitionKey: string; rowKey: string };

/** What a typed value of Table Storage is read back as. */
const readBack = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'value' in value ? value.value : value;

class FakeTableClient {
  private readonly rows = new Map<string, Row>();
  private version = 0;

  static fromConnectionString(): FakeTableClient {
    return new FakeTableClient();
  }

  private put(row: Row): { readonly etag: string } {
    this.version += 1;
    const columns = Object.entries(row).map(([name, value]) => [name, readBack(value)]);
    const etag = `W/"${this.version}"`;
    const stored = { ...(Object.fromEntries(columns) as Row), etag, timestamp: new Date().toISOString() };
    this.rows.set(`${row.partitionKey}/${row.rowKey}`, stored);
    return { etag };
  }

  async getEntity(partitionKey: string, rowKey: string): Promise<Row> {
    const row = this.rows.get(`${partitionKey}/${rowKey}`);
    if (row !== undefined) return row;
    throw new RestError('not found', { code: 'ResourceNotFound', statusCode: 404 });
  }
  async createEntity(row: Row) {
    return this.put(row);
  }
  async updateEntity(row: Row) {
    return this.put(row);
  }
  async upsertEntity(row: Row) {
    return this.put(row);
  }
  async deleteEntity(partitionKey: string, rowKey: string): Promise<void> {
    this.rows.delete(`${partitionKey}/${rowKey}`);
  }
  async submitTransaction(actions: readonly [string, Row][]) {
    return { subResponses: actions.map(([, row]) => this.put(row)) };
  }
  listEntities({ queryOptions }: { queryOptions: { filter: string } }) {
    const [, partition] = /PartitionKey eq '([^']*)'/.exec(queryOptions.filter) ?? [];
    const rows = [...this.rows.values()].filter(
      (row) => partition === undefined || row.partitionKey === partition,
    );
    return {
      byPage: async function* () {
        yield rows;
      },
    };
  }
}

class FakeWebPubSubServiceClient {
  async getClientAccessToken(): Promise<{ url: string }> {
    return { url: 'wss://localhost/client/hubs/chat' };
  }
  group() {
    return this;
  }
  async sendToAll(): Promise<void> {}
  async sendToUser(): Promise<void> {}
  async closeConnection(): Promise<void> {}
  async closeAllConnections(): Promise<void> {}
  async groupExists(): Promise<boolean> {
    return false;
  }
  /** The customer is gone, its agent is there. */
  async userExists(userId: string): Promise<boolean> {
    return userId.startsWith('agent.');
  }
  listConnections() {
    return { byPage: async function* () {} };
  }
}

const durableClient = {
  startNew: async () => 'instance',
  raiseEvent: async () => undefined,
  getStatus: async () => ({}),
};

/** From now on the product gets these instead of the SDKs' clients. Comes before the product is loaded. */
export function replaceClients(): void {
  const loader = Module as unknown as { _load: (name: string, ...rest: unknown[]) => unknown };
  const load = loader._load.bind(Module);
  loader._load = (name, ...rest) => {
    if (name === '@azure/functions-core') return functionsCore;
    const loaded = load(name, ...rest) as object;
    if (name === '@azure/data-tables') return { ...loaded, TableClient: FakeTableClient };
    if (name === '@azure/web-pubsub')
      return { ...loaded, WebPubSubServiceClient: FakeWebPubSubServiceClient };
    if (name === 'durable-functions') return { ...loaded, getClient: () => durableClient };
    return loaded;
  };
}
