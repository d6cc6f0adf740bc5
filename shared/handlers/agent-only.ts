import { AccessDeniedError } from '../errors';
import type { Caller } from '../security/tickets';

export type AgentCaller = Extract<Caller, { role: 'agent' }>;

/** @throws AccessDeniedError 403 */
export function agentOnly(caller: Caller): AgentCaller {
  if (caller.role !== 'agent') throw new AccessDeniedError(403, 'only agents may do this');
  return caller;
}
