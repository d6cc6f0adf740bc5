const PREFIX = 'console-drafts ';

/**
 * What somebody has typed and not saved or sent. It outlasts the page in its tab, so that nothing is lost when another view is looked
 * at or the console is loaded again. When somebody else signs in there, it is removed.
 */
export class Drafts {
  private readonly kept = new Map<string, unknown>();
  private readonly key: string;

  /** @param person whose they are */
  constructor(person: string) {
    this.key = PREFIX + person;
    try {
      // Prevents: at a machine of several people, the sign-in of one expires, and the next one can read what was typed to customers.
      for (const key of Object.keys(sessionStorage))
        if (key.startsWith(PREFIX) && key !== this.key) sessionStorage.removeItem(key);
      const known: unknown = JSON.parse(sessionStorage.getItem(this.key) ?? '[]');
      for (const pair of Array.isArray(known) ? (known as unknown[]) : []) {
        if (Array.isArray(pair) && typeof pair[0] === 'string') this.kept.set(pair[0], pair[1]);
      }
    } catch {
      // Storage is switched off, or has something else: there are none.
    }
  }

  get<T>(of: string): T | undefined {
    return this.kept.get(of) as T | undefined;
  }

  /** None if it is empty. */
  set(of: string, draft: unknown): void {
    if (!draft && !this.kept.delete(of)) return;
    if (draft) this.kept.set(of, draft);
    try {
      sessionStorage.setItem(this.key, JSON.stringify([...this.kept]));
    } catch {
      // As long as the page.
    }
  }

  /** Of what there are some. */
  get names(): string[] {
    return [...this.kept.keys()];
  }

  forget(): void {
    for (const name of this.names) this.set(name, undefined);
  }
}

/** Of a reply, by its conversation. */
export const replyTo = (conversationId: string): string => `reply ${conversationId}`;
