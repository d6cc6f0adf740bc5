import { ApiError } from '../../e2e/api';
import type { Agent } from '../../e2e/participants/agent';
import type { Outcome } from './observed';

/**
 * What has become of a conversation, by the API and the agents' socket; undefined when the app has never heard of it.
 * Rejects while the app does not answer.
 */
export async function readOutcome(conversationId: string, agent: Agent): Promise<Outcome | undefined> {
  let read: Awaited<ReturnType<Agent['read']>>;
  try {
    read = await agent.read(conversationId);
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status === 404) return undefined;
    throw thrown;
  }
  const { conversation, transcript } = read;
  const { state, end } = conversation;
  const pushes = (wanted: string) =>
    agent.inbox.about(conversationId).filter(({ type }) => type === wanted).length;
  return {
    state,
    end: end && { at: Date.parse(end.at), reason: end.reason },
    endNotices: transcript.flatMap((entry) => (entry.reason !== undefined ? [entry.trigger ?? 'none'] : [])),
    texts: transcript.flatMap(({ kind, text }) => (kind === 'message' ? [text] : [])),
    endPushes: pushes('conversation-ended'),
    closePushes: pushes('conversation-closed'),
  };
}
