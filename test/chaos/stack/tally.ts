/** How often each kind of fault was injected. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(kind: string, count = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + count);
  }

  addAll(other: Tally): void {
    for (const [kind, count] of other.counts) this.add(kind, count);
  }
}
