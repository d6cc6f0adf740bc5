import type { ConversationStore } from '../application/ports/conversation-store';
import type { SettingsStore } from '../application/ports/settings-store';
import type { CachedSettings } from '../application/settings-source';
import { BUILT_IN_RULES } from '../domain/policies/built-in-rules';
import { explainPolicy } from '../domain/policies/explain-policy';
import { gracePolicyOf } from '../domain/policies/grace-period';
import type { PolicyName, PolicyValues } from '../domain/policies/policy';
import { situationOf } from '../domain/policies/situation';
import { NOT_FOUND } from '../domain/refusals';
import { StoredRowError } from '../errors';
import { json, problem, readJson, type HttpInput, type HttpOutput } from '../inbound/http';
import { parsePolicyDocument, policyDocumentView, policyValuesView } from '../inbound/policy-document';
import type { Logger } from '../logging';
import type { Tickets } from '../security/tickets';
import { agentOnly } from './agent-only';
import { answering, answerRefusal } from './answer-failure';
import { namedConversation } from './named-conversation';
import { expectedOf, preconditionFailed, preconditionRequired } from './preconditions';

export interface SettingsDependencies {
  readonly settings: CachedSettings;
  readonly settingsStore: SettingsStore;
  readonly policyBase: PolicyValues;
  readonly conversations: Pick<ConversationStore, 'load'>;
  readonly tickets: Tickets;
  readonly logger: Logger;
}

/** Largest policy document, in bytes. */
const DOCUMENT_LIMIT = 64 * 1024;

/** The whole policy table: the operators' document, what is built in, and what applies otherwise. */
export const readPolicies = (_request: HttpInput, deps: SettingsDependencies): Promise<HttpOutput> =>
  answering('read-policies', deps.logger, async () => {
    const stored = await deps.settingsStore.loadPolicies();
    return json(
      200,
      {
        ...policyDocumentView(stored?.document ?? { channels: {}, rules: [] }),
        builtIn: policyDocumentView({ channels: {}, rules: BUILT_IN_RULES }).rules,
        base: policyValuesView(deps.policyBase),
      },
      stored === undefined ? {} : { etag: stored.etag },
    );
  });

/** Replaces the operators' document. */
export const writePolicies = (request: HttpInput, deps: SettingsDependencies): Promise<HttpOutput> =>
  answering('write-policies', deps.logger, async () => {
    const document = parsePolicyDocument(await readJson(request, DOCUMENT_LIMIT));
    const expected = expectedOf(request.headers);
    if (expected === undefined) return preconditionRequired();
    try {
      const written = await deps.settingsStore.savePolicies(document, expected);
      if (written === 'conflict') return preconditionFailed();
      deps.settings.forget();
      return json(200, policyDocumentView(document), { etag: written.etag });
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      return problem(413, 'invalid-input', 'body: the document is too large to be stored', { field: 'body' });
    }
  });

/** Which policies apply to a conversation as it is now, and why: for the grace period above all. */
export const explainPolicies = (request: HttpInput, deps: SettingsDependencies): Promise<HttpOutput> =>
  answering('explain-policies', deps.logger, async () => {
    agentOnly(await deps.tickets.callerOf(request.headers));
    const conversation = await namedConversation(request, deps.conversations);
    if (conversation === undefined) return answerRefusal(NOT_FOUND);
    const { policies } = await deps.settings.current();
    const situation = situationOf(conversation);
    const explain = (name: PolicyName) => {
      const { value, ...why } = explainPolicy(policies, name, situation);
      return { ...why, value: policyValuesView({ [name]: value })[name] };
    };
    return json(200, {
      conversationId: conversation.id,
      situation,
      grace: explain(gracePolicyOf(conversation, policies)),
      policies: (Object.keys(policies.base) as PolicyName[]).map(explain),
    });
  });
