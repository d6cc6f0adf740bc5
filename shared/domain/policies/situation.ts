import type { DeviceClass } from '../channel';
import type { Conversation } from '../conversation';
import type { PolicyState, Situation } from './policy';

/** What the policies of a conversation depend on. `device`: of the connection in question, if it is known. */
export function situationOf(
  conversation: Conversation,
  device: DeviceClass = conversation.device,
): Situation {
  const { channel, customer } = conversation;
  const { workstream, channelInstance } = customer;
  return { channel, workstream, channelInstance, state: policyStateOf(conversation), device };
}

/** A closed conversation has the policies of the state it was in last. */
function policyStateOf({ state, agent }: Conversation): PolicyState {
  if (state === 'Closed') return 'WrapUp';
  return state === 'Active' && agent?.acceptedAt === undefined ? 'Offered' : state;
}
