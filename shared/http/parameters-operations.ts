import { z } from 'zod';
import { TRIGGER } from '../automated-messages/automated-messages-routes';
import { IDEMPOTENCY_KEY } from '../conversation/conversation-routes';
import { DEAD_LETTER_ID } from '../dead-letters/dead-letters-routes';
import { agentIdField, conversationIdField } from './fields';
import type { Parameter } from './operation';

const inPath = (name: string, schema: z.ZodType, description: string): Parameter => ({
  name,
  in: 'path',
  description,
  schema,
  required: true,
});

/** The parts in braces of the routes. */
export const CONVERSATION_ID_PARAMETER = inPath(
  'conversationId',
  conversationIdField,
  'The conversation, as `negotiate` named it.',
);
export const AGENT_ID_PARAMETER = inPath('agentId', agentIdField, 'The agent, as its desk names it.');
export const DEAD_LETTER_ID_PARAMETER = inPath('deadLetterId', DEAD_LETTER_ID, 'As the list names it.');
export const TRIGGER_PARAMETER = inPath('trigger', TRIGGER, 'Which automated message.');

const header = (name: string, schema: z.ZodType, description: string): Parameter => ({
  name,
  in: 'header',
  description,
  schema,
});

/** For a change of one version only, where a change of any version is allowed, too. */
export const IF_MATCH = header(
  'If-Match',
  z.string(),
  'Only if this is the ETag of the version that is stored; otherwise 412.',
);
/** For a change that must say which version it replaces. */
export const REPLACES: readonly Parameter[] = [
  header(
    'If-Match',
    z.string(),
    'The ETag of the version that is replaced. This or `If-None-Match` is needed (428).',
  ),
  header('If-None-Match', z.literal('*'), 'There is none yet.'),
];
export const IDEMPOTENCY_KEY_HEADER = header(
  'Idempotency-Key',
  IDEMPOTENCY_KEY,
  'The same for every repetition of a request: what has been done is not done again.',
);

/** The parameters of a query, from the schema that reads them. */
export const queryParameters = <K extends string>(
  query: z.ZodObject<Readonly<Record<K, z.ZodType>>>,
  descriptions: Readonly<Record<K, string>>,
): readonly Parameter[] =>
  (Object.keys(descriptions) as K[]).map((name) => ({
    name,
    in: 'query',
    description: descriptions[name],
    schema: query.shape[name],
  }));
