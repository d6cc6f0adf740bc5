import type { MessageOverride } from '../../domain/messages/message-override';
import type { PolicyTable } from '../../domain/policies/policy';

/** What operators can change while the app runs, as decisions need it. */
export interface OperatorSettings {
  readonly policies: PolicyTable;
  readonly messages: readonly MessageOverride[];
}

/** Gives the settings in force. Reads the storage at most every 30 seconds: a change takes that long to be seen. */
export interface SettingsSource {
  current(): Promise<OperatorSettings>;
}
