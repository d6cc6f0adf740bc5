import type { Push } from '../../../shared/conversation/notifications';
import { NotAsExpected } from '../failures';
import { seconds, within } from '../waiting';

type PushOf<T extends Push['type']> = Extract<Push, { readonly type: T }>;

/** What one participant was told over its socket, in order of arrival, repetitions left out. */
export class Inbox {
  private readonly pushes: Push[] = [];
  private readonly waiting = new Set<() => void>();
  private forward: ((push: Push) => void) | undefined;

  constructor(private readonly owner: string) {}

  /** Takes whatever a socket brought; anything but a push is no news. */
  receive(data: unknown): void {
    if (!isPush(data) || this.pushes.some(({ id }) => id === data.id)) return;
    this.pushes.push(data);
    this.forward?.(data);
    for (const look of this.waiting) look();
  }

  /** Hands every push on: what has arrived, and what will. */
  forwardTo(receiver: (push: Push) => void): void {
    this.pushes.forEach(receiver);
    this.forward = receiver;
  }

  about(conversationId: string): readonly Push[] {
    return this.pushes.filter((push) => push.conversationId === conversationId);
  }

  /** The first push of the type that fits; it may be here already. */
  async first<T extends Push['type']>(
    type: T,
    conversationId: string,
    withinMs: number,
    fits: (push: PushOf<T>) => boolean = () => true,
  ): Promise<PushOf<T>> {
    const find = () =>
      this.about(conversationId).find(
        (push): push is PushOf<T> => push.type === type && fits(push as PushOf<T>),
      );
    let look: () => void = () => undefined;
    const found = new Promise<PushOf<T>>((resolve) => {
      look = () => {
        const push = find();
        if (push !== undefined) resolve(push);
      };
      this.waiting.add(look);
      look();
    });
    try {
      return await within(withinMs, found, () => {
        const got = this.about(conversationId).map((push) => push.type);
        return new NotAsExpected(
          `pushes to the ${this.owner}`,
          `${type} within ${seconds(withinMs)}`,
          got.join(', ') || 'none',
        );
      });
    } finally {
      this.waiting.delete(look);
    }
  }
}

function isPush(data: unknown): data is Push {
  const { id, type, conversationId } = (data ?? {}) as Record<string, unknown>;
  return [id, type, conversationId].every((member) => typeof member === 'string');
}
