import { agentOnly, type Tickets } from '../access/ticket-guard';
import { StoredRowError } from '../app/errors';
import type { Logger } from '../app/log';
import { namedConversation } from '../conversation/conversation-routes';
import { NOT_FOUND } from '../conversation/decision';
import type { ConversationStore } from '../conversation/ports';
import { answering, answerRefusal } from '../http/answers';
import { type HttpInput, type HttpOutput, json, problem, readJson } from '../http/request';
import {
  BUILT_IN_RULES,
  explainPolicy,
  gracePolicyOf,
  type PolicyName,
  type PolicyValues,
  situationOf,
} from './policy';
import { parsePolicyDocument, policyDocumentView, policyValuesView } from './policy-document-parser';
import type { Expected, SettingsStore } from './settings';
import type { CachedSettings } from './settings-service';

/**
 * Which version a request wants to replace (RFC 9110, 13.1); undefined where it does not say. `If-Match: *` replaces
 * whatever is stored: the way out for a document that can no longer be read, and so has no ETag that could be asked for.
 */
export function expectedOf(headers: HttpInput['headers']): Expected | undefined {
  const etag = headers.get('if-match')?.trim() ?? '';
  if (etag !== '') return { etag };
  return headers.get('if-none-match')?.trim() === '*' ? 'create' : undefined;
}

export const preconditionRequired = (): HttpOutput =>
  problem(
    428,
    'precondition-required',
    'Say which version is replaced: If-Match with its ETag, or If-None-Match: * where there is none yet.',
  );

export const preconditionFailed = (): HttpOutput =>
  problem(412, 'precondition-failed', 'Another version is stored: read it, and try again.');

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
