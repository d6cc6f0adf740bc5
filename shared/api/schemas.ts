import type { ZodType } from 'zod';
import { EXTEND_WAIT_BODY, OFFER_BODY, TRANSFER_BODY } from '../inbound/action-bodies';
import { CAPACITY_BODY } from '../inbound/capacity-body';
import { OVERRIDE_BODY } from '../inbound/message-override';
import { AGENT_BODY } from '../inbound/negotiate-bodies';
import { POLICY_DOCUMENT } from '../inbound/policy-document';
import { PROBLEM } from './problems';
import { AUTOMATED_MESSAGES, MESSAGE_OVERRIDE } from './schemas/automated-messages';
import { AGENT_LOAD } from './schemas/capacity';
import { CONVERSATION, CONVERSATION_ANSWER, CUSTOMER_PROFILE } from './schemas/conversation';
import {
  AGENT_ACCESS,
  CUSTOMER_ACCESS,
  CUSTOMER_REQUEST,
  KNOWN_CUSTOMER_ACCESS,
  KNOWN_CUSTOMER_REQUEST,
  RECONNECT_LINK,
  RECONNECT_PROMPT,
} from './schemas/negotiation';
import { POLICY_EXPLANATIONS, POLICY_RULE, POLICY_TABLE, STORED_POLICIES } from './schemas/policies';
import { DEAD_LETTER, DEAD_LETTER_PAGE } from './schemas/dead-letters';
import { HEALTH, OPENAPI } from './schemas/service';
import { CONVERSATION_WITH_TRANSCRIPT, TRANSCRIPT_ENTRY } from './schemas/transcript';
import { WEB_PUBSUB_ANSWER, WEB_PUBSUB_EVENT } from './schemas/web-pubsub';
import { WORK_LIST_ITEM, WORK_LIST_PAGE } from './schemas/work-list';

/** Schemas with a name in the document; bodies refer to them. */
export const SCHEMAS: Readonly<Record<string, ZodType>> = {
  Problem: PROBLEM,
  CustomerRequest: CUSTOMER_REQUEST,
  CustomerAccess: CUSTOMER_ACCESS,
  KnownCustomerRequest: KNOWN_CUSTOMER_REQUEST,
  KnownCustomerAccess: KNOWN_CUSTOMER_ACCESS,
  ReconnectPrompt: RECONNECT_PROMPT,
  ReconnectLink: RECONNECT_LINK,
  AgentRequest: AGENT_BODY,
  AgentAccess: AGENT_ACCESS,
  CapacityRequest: CAPACITY_BODY,
  AgentLoad: AGENT_LOAD,
  WorkListPage: WORK_LIST_PAGE,
  WorkListItem: WORK_LIST_ITEM,
  CustomerProfile: CUSTOMER_PROFILE,
  Conversation: CONVERSATION,
  ConversationAnswer: CONVERSATION_ANSWER,
  ConversationWithTranscript: CONVERSATION_WITH_TRANSCRIPT,
  TranscriptEntry: TRANSCRIPT_ENTRY,
  OfferRequest: OFFER_BODY,
  TransferRequest: TRANSFER_BODY,
  ExtendWaitRequest: EXTEND_WAIT_BODY,
  PolicyDocument: POLICY_DOCUMENT,
  StoredPolicies: STORED_POLICIES,
  PolicyTable: POLICY_TABLE,
  PolicyRule: POLICY_RULE,
  PolicyExplanations: POLICY_EXPLANATIONS,
  MessageOverrideRequest: OVERRIDE_BODY,
  MessageOverride: MESSAGE_OVERRIDE,
  AutomatedMessages: AUTOMATED_MESSAGES,
  DeadLetterPage: DEAD_LETTER_PAGE,
  DeadLetter: DEAD_LETTER,
  WebPubSubEvent: WEB_PUBSUB_EVENT,
  WebPubSubAnswer: WEB_PUBSUB_ANSWER,
  Health: HEALTH,
  OpenApi: OPENAPI,
};
