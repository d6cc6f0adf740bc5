/**
 * The cookies that the webhook has set for one connection, as its load balancer's affinity needs them. There is one
 * address, so paths and domains are not looked at.
 */
export class Cookies {
  private readonly byName = new Map<string, string>();

  /** The header of the next request; undefined without cookies. */
  get header(): string | undefined {
    if (this.byName.size === 0) return undefined;
    return [...this.byName].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** @param setCookie the headers of an answer that was a success */
  take(setCookie: readonly string[] = []): void {
    for (const line of setCookie) {
      const [, name, value = ''] = /^\s*([^=;\s]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined) continue;
      if (/;\s*max-age=(?:0|-\d+)\s*(?:;|$)/i.test(line)) this.byName.delete(name);
      else this.byName.set(name, value.trim());
    }
  }
}
