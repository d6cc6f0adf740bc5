// What is used of the packages of this folder, which are installed on first use only: the compiler must not need them.

declare module 'bullmq' {
  interface Connection {
    readonly connection: { readonly host: string; readonly port: number };
  }
  export class Queue<T> {
    constructor(name: string, options: Connection);
    add(
      name: string,
      data: T,
      options: { readonly jobId: string; readonly delay: number; readonly removeOnComplete: boolean },
    ): Promise<unknown>;
    remove(jobId: string): Promise<number>;
  }
  export class Worker<T> {
    constructor(
      name: string,
      handle: (job: { readonly data: T }) => Promise<void>,
      options: Connection & { readonly concurrency: number },
    );
  }
}

declare module 'pg-boss' {
  export default class PgBoss {
    constructor(url: string);
    on(name: 'error', heard: (error: Error) => void): this;
    start(): Promise<unknown>;
    createQueue(name: string): Promise<void>;
    send(
      name: string,
      data: object,
      options: { readonly id: string; readonly startAfter: Date },
    ): Promise<unknown>;
    cancel(name: string, id: string): Promise<void>;
    work<T>(
      name: string,
      options: { readonly batchSize: number; readonly pollingIntervalSeconds: number },
      handle: (jobs: readonly { readonly data: T }[]) => Promise<void>,
    ): Promise<string>;
  }
}

declare module '@dbos-inc/dbos-sdk' {
  export const DBOS: {
    setConfig(config: {
      readonly name: string;
      readonly systemDatabaseUrl: string;
      readonly logLevel: string;
      readonly runAdminServer: boolean;
    }): void;
    launch(): Promise<void>;
    registerWorkflow<A extends unknown[]>(
      run: (...args: A) => Promise<void>,
      config: { readonly name: string },
    ): (...args: A) => Promise<void>;
    startWorkflow<A extends unknown[]>(
      workflow: (...args: A) => Promise<void>,
      options: { readonly workflowID: string },
    ): (...args: A) => Promise<unknown>;
    recv<T>(topic: string, timeoutSeconds: number): Promise<T | null>;
    send(workflowId: string, message: unknown, topic: string): Promise<void>;
    runStep(step: () => Promise<void>, options: { readonly name: string }): Promise<void>;
  };
}

declare module '@azure/storage-queue' {
  export class QueueClient {
    constructor(connectionString: string, queue: string);
    createIfNotExists(): Promise<unknown>;
    sendMessage(text: string, options: { readonly visibilityTimeout: number }): Promise<unknown>;
    receiveMessages(options: { readonly numberOfMessages: number }): Promise<{
      readonly receivedMessageItems: readonly {
        readonly messageId: string;
        readonly popReceipt: string;
        readonly messageText: string;
      }[];
    }>;
    deleteMessage(messageId: string, popReceipt: string): Promise<unknown>;
  }
}
