import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { programArguments } from '../../../local/programs';
import { within } from '../waiting';
import { Inbox } from './inbox';
import type { Tab, TabOptions } from './tab';
import type { FromTab, ToTab } from './tab-protocol';

const OPEN_LIMIT_MS = 60_000;
const CALL_LIMIT_MS = 30_000;

type Opened = Extract<FromTab, { type: 'opened' }>;
type Call = { resolve: (result: unknown) => void; reject: (error: Error) => void };

/** A tab in a process of its own, which can be killed and whose network can fail. */
export class SeparateTab implements Tab {
  readonly inbox = new Inbox('customer');
  private readonly calls = new Map<number, Call>();
  private opened: Opened | undefined;
  private readonly exited: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static async open(functionsUrl: string, options: TabOptions): Promise<SeparateTab> {
    const program = await programArguments(join(__dirname, 'tab-process.ts'));
    const child = spawn(process.execPath, program, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const tab = new SeparateTab(child);
    const opened = new Promise<void>((resolve, reject) => {
      child.on('message', (message: FromTab) => tab.hear(message, resolve, reject));
      child.once('exit', () => reject(new Error("the customer's process ended before its tab was open")));
    });
    child.send({ type: 'open', functionsUrl, options } satisfies ToTab);
    try {
      await within(OPEN_LIMIT_MS, opened, () => new Error("the customer's tab did not open"));
    } catch (error) {
      await tab.kill();
      throw error;
    }
    return tab;
  }

  get conversationId(): string {
    return this.opened?.conversationId ?? '';
  }

  get ticket(): string {
    return this.opened?.ticket ?? '';
  }

  get connectionId(): string {
    return this.opened?.connectionId ?? '';
  }

  async say(text: string): Promise<void> {
    await this.call({ type: 'say', call: this.nextCall(), text });
  }

  /** Cuts the TCP connection below the WebSocket; the client library notices and recovers by itself. */
  async cutTransport(): Promise<number> {
    return (await this.call({ type: 'cut-transport', call: this.nextCall() })) as number;
  }

  /** Ids of all connections this tab has had: one, if it only ever recovered. */
  async connectionIds(): Promise<readonly string[]> {
    return (await this.call({ type: 'connection-ids', call: this.nextCall() })) as string[];
  }

  /** SIGKILL: no closing frame, no word to anybody. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  close(): Promise<void> {
    return this.kill();
  }

  private callCount = 0;
  private readonly nextCall = () => ++this.callCount;

  private call(order: Exclude<ToTab, { type: 'open' }>): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => this.calls.set(order.call, { resolve, reject }));
    this.child.send(order);
    return within(CALL_LIMIT_MS, answer, () => new Error(`the customer's process did not ${order.type}`));
  }

  private hear(message: FromTab, onOpened: () => void, onFailed: (error: Error) => void): void {
    switch (message.type) {
      case 'opened':
        this.opened = message;
        return onOpened();
      case 'data':
        return this.inbox.receive(message.data);
      case 'done':
        return this.calls.get(message.call)?.resolve(message.result);
      case 'failed': {
        const error = new Error(message.message);
        return message.call === undefined ? onFailed(error) : this.calls.get(message.call)?.reject(error);
      }
    }
  }
}
