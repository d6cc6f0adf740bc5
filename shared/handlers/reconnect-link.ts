import type { ConversationStore } from '../application/ports/conversation-store';
import type { SettingsSource } from '../application/ports/settings';
import { hasEnded } from '../domain/conversation';
import { policyOf } from '../domain/policies/policy-of';
import { endedRefusal, NOT_FOUND } from '../domain/refusals';
import { json, problem, type HttpInput, type HttpOutput } from '../inbound/http';
import type { Logger } from '../logging';
import type { Tickets } from '../security/tickets';
import { answering, answerRefusal } from './answer-failure';
import { namedConversation } from './named-conversation';
import { agentOnly } from './agent-only';

export interface ReconnectLinkDependencies {
  readonly store: Pick<ConversationStore, 'load'>;
  readonly settings: SettingsSource;
  readonly tickets: Tickets;
  readonly logger: Logger;
}

/** The query key under which the portal's page finds the id ("Slug for reconnection link", Dynamics 365). */
const RECONNECT_KEY = 'oc.reconnectid';

/**
 * The link that an agent shares with a customer who may be cut off: what a desk puts in place of `{ReconnectUrl}` in a
 * quick reply. It leads to the portal's page, whose widget hands the id to `negotiate`. Void once the conversation has
 * ended, for whatever reason.
 */
export const reconnectLink = (request: HttpInput, deps: ReconnectLinkDependencies): Promise<HttpOutput> =>
  answering('reconnect-link', deps.logger, async () => {
    agentOnly(await deps.tickets.callerOf(request.headers));
    const conversation = await namedConversation(request, deps.store);
    if (conversation === undefined) return answerRefusal(NOT_FOUND);
    if (hasEnded(conversation)) return answerRefusal(endedRefusal(conversation));
    const { policies } = await deps.settings.current();
    if (!policyOf(conversation, 'reconnect', policies)) {
      return problem(
        409,
        'reconnect-disabled',
        'Reconnection to a previous chat is off for this conversation.',
      );
    }
    const timeLimit = policyOf(conversation, 'reconnectTimeLimit', policies);
    const reconnectId = await deps.tickets.issueReconnectId(conversation.id, timeLimit);
    return json(200, {
      reconnectId,
      reconnectUrl: urlOf(policyOf(conversation, 'reconnectPortalUrl', policies), reconnectId),
    });
  });

function urlOf(portalUrl: string | undefined, reconnectId: string): string | undefined {
  if (portalUrl === undefined) return undefined;
  const url = new URL(portalUrl);
  url.searchParams.set(RECONNECT_KEY, reconnectId);
  return url.href;
}
