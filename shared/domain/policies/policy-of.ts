import type { DeviceClass } from '../channel';
import type { Conversation } from '../conversation';
import { policyFor } from './policy-for';
import type { PolicyName, PolicyTable, PolicyValues } from './policy';
import { situationOf } from './situation';

/** What applies to a conversation as it is. `device`: of the connection in question, if it is known. */
export const policyOf = <K extends PolicyName>(
  conversation: Conversation,
  name: K,
  policies: PolicyTable,
  device?: DeviceClass,
): PolicyValues[K] => policyFor(policies, name, situationOf(conversation, device));
