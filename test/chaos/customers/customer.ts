import type { Api, CustomerAccess } from '../../e2e/api';
import type { Agent } from '../../e2e/participants/agent';
import { isOpen, type Observed, type SocketLife } from '../model/observed';
import type { KeepAlive } from '../plan/event-faults';
import { AgentsPart } from './agents-part';
import { CustomerSocket } from './customer-socket';
import { tried } from './tried';

const PROFILE = { name: 'Ann', queue: 'default', locale: 'en' };

/** What customers need of the stack. */
export interface Surroundings {
  readonly api: Api;
  readonly agent: Agent;
  /** Takes the transport of a connection away without a closing handshake. */
  cut(connectionId: string): void;
  onBegun(seen: Observed): void;
}

/** One customer with any number of tabs. Everything it does and sees is written down in `seen`. */
export class Customer {
  private sockets: CustomerSocket[] = [];
  private access: CustomerAccess | undefined;
  private count = 0;
  readonly agent: AgentsPart;

  constructor(
    readonly seen: Observed,
    private readonly around: Surroundings,
  ) {
    this.agent = new AgentsPart(seen, around.agent, (what) => this.note(what));
  }

  note(what: string): void {
    this.seen.timeline.push({ at: Date.now(), what });
  }

  /** The oldest first. */
  get open(): CustomerSocket[] {
    return this.sockets.filter(({ life }) => isOpen(life));
  }

  async openTabs(count: number, protocol: 'json' | 'reliable', keepAlive?: KeepAlive): Promise<void> {
    this.access ??= await this.begin();
    if (this.access === undefined) return;
    await Promise.all(Array.from({ length: count }, () => this.openTab(protocol, keepAlive)));
  }

  private async begin(): Promise<CustomerAccess | undefined> {
    const access = await this.tried('negotiate', () => this.around.api.negotiate(PROFILE));
    if (access === undefined) return undefined;
    this.seen.conversationId = access.conversationId;
    this.seen.knockedAt = Date.now();
    this.around.onBegun(this.seen);
    return access;
  }

  private async openTab(protocol: 'json' | 'reliable', keepAlive?: KeepAlive): Promise<void> {
    const knock: Observed['knocks'][number] = { from: Date.now() };
    this.seen.knocks.push(knock);
    await this.tried('open', async () => {
      const { url } = await this.around.api.negotiate(PROFILE, { ticket: this.access?.ticket });
      const onClosed = (life: SocketLife) =>
        this.note(`${life.gaveUp === true ? 'gave up' : 'closed'} ${shortId(life)}`);
      const socket = await CustomerSocket.open(url, protocol, onClosed, keepAlive);
      this.sockets.push(socket);
      this.seen.sockets.push(socket.life);
      this.note(`opened ${shortId(socket.life)}`);
    });
    knock.until = Date.now();
  }

  async say(): Promise<void> {
    const socket = this.open.at(-1);
    if (socket === undefined) return;
    this.count += 1;
    const text = `${this.seen.name}: ${this.count}`;
    const message = { text, fate: 'unknown' as const };
    const at = this.seen.messages.push(message) - 1;
    const fate = await socket.say(`m-${this.count}`, text);
    this.seen.messages[at] = { text, fate };
    this.note(`message ${this.count} ${fate}`);
  }

  async leave(): Promise<void> {
    const socket = this.open.at(-1);
    if (socket === undefined) return;
    this.seen.leftAt = Date.now();
    this.note('leaves');
    await socket.leave().catch(() => undefined);
  }

  async lose(tabs: number | 'all', how: 'cut' | 'close'): Promise<void> {
    const lost = tabs === 'all' ? this.open : this.open.slice(0, tabs);
    this.note(`loses ${lost.map(({ life }) => shortId(life)).join(' ')} (${how})`);
    const cut = how === 'cut' ? (id: string) => this.around.cut(id) : undefined;
    await Promise.all(lost.map((socket) => socket.lose(cut)));
  }

  /** The transport goes, the connection stays: a reliable client has recovered it before the service gives it up. */
  blip(): void {
    for (const { life } of this.open) this.around.cut(life.connectionId);
    this.note('transport cut');
  }

  private tried<T>(what: string, once: () => Promise<T>): Promise<T | undefined> {
    return tried(what, once, (text) => this.note(text));
  }
}

export const shortId = ({ connectionId }: Pick<SocketLife, 'connectionId'>): string =>
  connectionId.slice(0, 5);
