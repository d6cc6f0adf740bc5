import type { MessageOverride } from '../automated-messages/automated-message';
import type { PolicyDocument, PolicyTable, PolicyValues } from './policy';

/** What operators can change while the app runs, as decisions need it. */
export interface OperatorSettings {
  readonly policies: PolicyTable;
  readonly messages: readonly MessageOverride[];
}

/** What tells one override from another. Locales compare without case. */
export type OverrideKey = Pick<MessageOverride, 'trigger' | 'channel' | 'channelInstance' | 'locale'>;

/** Which version a write replaces: the one that this `If-Match` names (`*`: any), or none at all (`create`). */
export type Expected = { readonly etag: string } | 'create';

/** The new version, or `conflict`: something else is stored than what was to be replaced. */
export type Written = { readonly etag: string } | 'conflict';

export interface StoredOverrides {
  readonly overrides: readonly { readonly override: MessageOverride; readonly etag: string }[];
  /** Keys of the rows that cannot be read. They silence no other message. */
  readonly unreadable: readonly string[];
}

/** What can be understood of a stored policy document that cannot be read. */
export interface FoundPolicies {
  /** The channels and rules that are as this version writes them. */
  readonly document: PolicyDocument;
  /** What its rules set, also those that are not. */
  readonly values: readonly Partial<PolicyValues>[];
  /** Of the document. */
  readonly etag?: string;
}

/** Where operators' settings live. ETags are those of the API (`etagOf`). Every method throws `DependencyError` when the storage gives no usable answer. */
export interface SettingsStore {
  /** @throws StoredRowError when the document cannot be understood. */
  loadPolicies(): Promise<{ readonly document: PolicyDocument; readonly etag: string } | undefined>;
  /** For where `loadPolicies` throws. */
  findPolicies(): Promise<FoundPolicies>;
  /** @throws StoredRowError when the document would not fit into its row. */
  savePolicies(document: PolicyDocument, expected: Expected): Promise<Written>;
  listOverrides(): Promise<StoredOverrides>;
  putOverride(override: MessageOverride, expected: Expected): Promise<Written>;
  /** Takes an override back; without an ETag whatever its version is. `not-found`: there is no such override. */
  deleteOverride(key: OverrideKey, etag: string | undefined): Promise<'deleted' | 'conflict' | 'not-found'>;
}
