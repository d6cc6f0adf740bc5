import type { ZodType } from 'zod';
import {
  AGENT_ACCESS,
  CUSTOMER_ACCESS,
  CUSTOMER_REQUEST,
  KNOWN_CUSTOMER_ACCESS,
  KNOWN_CUSTOMER_REQUEST,
  RECONNECT_LINK,
  RECONNECT_PROMPT,
} from '../access/negotiate-operations';
import { AGENT_BODY } from '../access/negotiate-routes';
import { AUTOMATED_MESSAGES, MESSAGE_OVERRIDE } from '../automated-messages/automated-messages-operations';
import { OVERRIDE_BODY } from '../automated-messages/automated-messages-routes';
import { AGENT_LOAD } from '../capacity/capacity-operations';
import { CAPACITY_BODY } from '../capacity/capacity-routes';
import {
  CONVERSATION,
  CONVERSATION_ANSWER,
  CONVERSATION_WITH_TRANSCRIPT,
  CUSTOMER_PROFILE,
  TRANSCRIPT_ENTRY,
  WORK_LIST_ITEM,
  WORK_LIST_PAGE,
} from '../conversation/conversation-operations';
import { EXTEND_WAIT_BODY, OFFER_BODY, TRANSFER_BODY } from '../conversation/conversation-routes';
import { DEAD_LETTER, DEAD_LETTER_PAGE } from '../dead-letters/dead-letters-operations';
import { PROBLEM } from '../http/problems';
import {
  POLICY_EXPLANATIONS,
  POLICY_RULE,
  POLICY_TABLE,
  STORED_POLICIES,
} from '../policies/policies-operations';
import { POLICY_DOCUMENT } from '../policies/policy-document-parser';
import { HEALTH, OPENAPI, WEB_PUBSUB_ANSWER, WEB_PUBSUB_EVENT } from '../web-pubsub/webhook-operations';

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
