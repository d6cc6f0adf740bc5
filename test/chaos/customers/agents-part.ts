import { setTimeout as delay } from 'node:timers/promises';
import type { Agent } from '../../e2e/participants/agent';
import type { Observed } from '../model/observed';
import { isRefused, PAUSE_MS, tried } from './tried';

/** In grace periods: how long the agent waits for an end to close. */
const END_LIMIT_GRACES = 5;

/** What the agent does to one customer's conversation, and what the API said of it, in `seen`. */
export class AgentsPart {
  constructor(
    private readonly seen: Observed,
    private readonly agent: Agent,
    private readonly note: (what: string) => void,
  ) {}

  async offers(): Promise<void> {
    await this.does('offer', (id) => this.agent.act('offer', id));
  }

  async accepts(): Promise<void> {
    await this.does('accept', (id) => this.noted('accepted', () => this.agent.act('accept', id)));
  }

  /** Waits for the end as somebody does who looks at the desk, then closes the conversation. */
  async closesAfterEnd(afterMs: number, graceMs: number): Promise<void> {
    for (const giveUpAt = Date.now() + END_LIMIT_GRACES * graceMs; !(await this.seesWrapUp());) {
      if (Date.now() > giveUpAt) return this.note('agent: sees no end to close');
      await delay(PAUSE_MS);
    }
    await delay(afterMs);
    await this.does('close', (id) => this.noted('closed', () => this.agent.act('close', id)));
  }

  private async seesWrapUp(): Promise<boolean> {
    const { conversationId } = this.seen;
    if (conversationId === undefined) return false;
    try {
      return (await this.agent.read(conversationId)).conversation.state === 'WrapUp';
    } catch {
      return false;
    }
  }

  private async does(what: string, once: (conversationId: string) => Promise<unknown>): Promise<void> {
    const { conversationId } = this.seen;
    if (conversationId === undefined) return;
    const done = await tried(what, () => once(conversationId), this.note);
    if (done !== undefined) this.note(`agent: ${what}`);
  }

  /** Without an answer, or with a failure after the save, it may have been stored. */
  private async noted<T>(what: 'accepted' | 'closed', once: () => Promise<T>): Promise<T> {
    const before = this.seen[what];
    this.seen[what] = 'unknown';
    try {
      const done = await once();
      this.seen[what] = true;
      return done;
    } catch (thrown) {
      if (isRefused(thrown)) this.seen[what] = before;
      throw thrown;
    }
  }
}
