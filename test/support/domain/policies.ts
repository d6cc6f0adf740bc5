import { MINUTE, SECOND } from '../../../shared/conversation/time';
import type { PolicyTable, PolicyValues } from '../../../shared/policies/policy';

/** What applies when an operator has set nothing: the defaults of the settings. */
export const DEFAULTS: PolicyValues = {
  grace: 3 * MINUTE,
  lossNewsAfter: 2 * SECOND,
  connections: 20,
  agentGrace: MINUTE,
  offerTimeout: 30 * SECOND,
  outageAllowance: MINUTE,
  maxExtension: 30 * MINUTE,
  openAutoClose: 20 * MINUTE,
  openAutoCloseWhileConnected: false,
  wrapUpAutoClose: 15 * MINUTE,
  waitingAutoClose: 24 * 60 * MINUTE,
  wrapUpCapacity: 'always',
  capacityUnits: 20,
  reconnect: false,
  reconnectTimeLimit: 30 * MINUTE,
  reconnectPortalUrl: undefined,
  reconnectRedirectUrl: undefined,
  readAfterEnd: 24 * 60 * MINUTE,
  retention: 90 * 24 * 60 * MINUTE,
};

/** A table without rules; `persistent` is the one workstream that is persistent chat. Losses are told at once. */
export const policies = (changes: Partial<PolicyValues> = {}): PolicyTable => ({
  channels: { persistent: 'persistent-chat' },
  rules: [],
  base: { ...DEFAULTS, lossNewsAfter: 0, ...changes },
});
