import { DependencyError, StoredRowError } from '../../shared/app/errors';
import { namesVersion } from '../../shared/conversation/conversation';
import type { MessageOverride } from '../../shared/automated-messages/automated-message';
import type { PolicyDocument } from '../../shared/policies/policy';
import type {
  Expected,
  FoundPolicies,
  OverrideKey,
  SettingsStore,
  StoredOverrides,
  Written,
} from '../../shared/policies/settings';

type Version<T> = T & { readonly etag: string };

/** What a row of the real store can hold, roughly. */
const ROW_CHARACTERS = 32 * 1024;

/** Operators' settings over memory, with the ETags that the port promises. */
export class MemorySettings implements SettingsStore {
  /** How often the settings were read. */
  reads = 0;
  /** Every operation fails as long as this is set. */
  isDown = false;
  /** The stored document cannot be understood. */
  isUnreadable = false;
  /** Comes before the answer of every read. */
  gate: () => Promise<void> = () => Promise.resolve();
  unreadable: readonly string[] = [];

  private policies: Version<{ readonly document: PolicyDocument }> | undefined;
  private readonly overrides = new Map<string, Version<{ readonly override: MessageOverride }>>();
  private version = 0;

  async loadPolicies() {
    this.reads += 1;
    this.checkUp('load policies');
    const { policies, isUnreadable } = this;
    await this.gate();
    if (isUnreadable) throw new StoredRowError('policies/document', 'not a policy document');
    return policies;
  }

  /** What can be understood of the document that cannot be read. */
  found: FoundPolicies = { document: { channels: {}, rules: [] }, values: [] };

  findPolicies = async (): Promise<FoundPolicies> => this.found;

  async savePolicies(document: PolicyDocument, expected: Expected): Promise<Written> {
    this.checkUp('save policies');
    if (JSON.stringify(document).length > ROW_CHARACTERS) {
      throw new StoredRowError('policies/document', 'does not fit into a row');
    }
    if (isConflict(this.policies?.etag, expected)) return 'conflict';
    this.policies = { document, etag: this.nextEtag() };
    this.isUnreadable = false;
    return { etag: this.policies.etag };
  }

  async listOverrides(): Promise<StoredOverrides> {
    this.checkUp('list automated messages');
    const overrides = [...this.overrides.values()];
    await this.gate();
    return { overrides, unreadable: this.unreadable };
  }

  async putOverride(override: MessageOverride, expected: Expected): Promise<Written> {
    this.checkUp('save automated message');
    const key = keyOf(override);
    if (isConflict(this.overrides.get(key)?.etag, expected)) return 'conflict';
    const etag = this.nextEtag();
    this.overrides.set(key, { override, etag });
    return { etag };
  }

  async deleteOverride(key: OverrideKey, etag: string | undefined) {
    this.checkUp('delete automated message');
    const stored = this.overrides.get(keyOf(key));
    if (stored === undefined) return 'not-found';
    if (isConflict(stored.etag, { etag: etag ?? '*' })) return 'conflict';
    this.overrides.delete(keyOf(key));
    return 'deleted';
  }

  private checkUp(operation: string): void {
    if (this.isDown) throw new DependencyError('table-storage', operation);
  }

  private nextEtag(): string {
    this.version += 1;
    return `"${this.version}"`;
  }
}

const keyOf = ({ trigger, channel, channelInstance, locale }: OverrideKey): string =>
  JSON.stringify([trigger, channel, channelInstance, locale?.toLowerCase()]);

function isConflict(stored: string | undefined, expected: Expected): boolean {
  if (expected === 'create') return stored !== undefined;
  return stored === undefined || (expected.etag !== '*' && !namesVersion(expected.etag, stored));
}
