import { z } from 'zod';
// In this order the document has the schemas.
import { NEGOTIATE_ROUTES, type NegotiateServices, RECONNECT_LINK_ROUTE } from '../access/negotiate-routes';
import { CAPACITY_ROUTES, type CapacityServices } from '../capacity/capacity-routes';
import { CONVERSATION_ROUTES, type ConversationServices } from '../conversation/conversation-routes';
import {
  CLOSED_CONVERSATION_ROUTES,
  type ClosedConversationServices,
} from '../closed-conversations/closed-conversations-routes';
import { AGENT_ACTION_ROUTES, type AgentActionServices } from '../conversation/agent-action-routes';
import { POLICY_ROUTES, type PolicyServices } from '../policies/policies-routes';
import {
  AUTOMATED_MESSAGE_ROUTES,
  type AutomatedMessageServices,
} from '../automated-messages/automated-messages-routes';
import { DEAD_LETTER_ROUTES, type DeadLetterServices } from '../dead-letters/dead-letters-routes';
import { PERSONAL_DATA_ROUTES, type PersonalDataServices } from '../personal-data/personal-data-routes';
import { SITE_FILE_ROUTES, SITE_SETTINGS_ROUTE, type SiteServices } from '../site/site-routes';
import { HEALTH_ROUTES, type HealthServices } from '../health/health-routes';
import { INSIGHTS_ROUTES, type InsightsServices } from '../insights/insights-routes';
import { WEBHOOK_ROUTES, type WebhookServices } from '../web-pubsub/webhook-routes';
import { type OpenApiDocument, openApiDocument } from '../http/openapi';
import { answer, type Route, route, type RouteServices } from '../http/route';
import { IF_KNOWN, named } from '../http/fields';

export { levelOf } from '../http/route';

/** What the routes need. */
export type Services = RouteServices &
  NegotiateServices &
  CapacityServices &
  ConversationServices &
  AgentActionServices &
  PolicyServices &
  AutomatedMessageServices &
  DeadLetterServices &
  ClosedConversationServices &
  InsightsServices &
  HealthServices &
  PersonalDataServices &
  SiteServices &
  WebhookServices & { readonly serviceHosts: readonly string[] };

/** This document itself. */
const OPENAPI = named('OpenApi', z.looseObject({ openapi: z.string().regex(/^3\.1\.\d+$/) }));

let made: OpenApiDocument | undefined;

/** The whole API as an OpenAPI 3.1 document. The same at every call. */
export const apiDocument = (): OpenApiDocument => (made ??= openApiDocument(ROUTES));

const SERVICE_ROUTES = [
  ...HEALTH_ROUTES,
  route({
    id: 'openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    tag: 'Service',
    summary: 'This document',
    access: 'anyone',
    headers: IF_KNOWN,
    keptFor: 3_600,
    answer: answer('OpenAPI 3.1.', OPENAPI, { openapi: '3.1.0' }),
    problems: 'never',
    run: async () => ({ ...apiDocument() }),
  }),
];

type AnyRoute = Route<Services, false> | Route<Services, true>;

/** Every route of the API. */
export const ROUTES: readonly AnyRoute[] = [
  ...NEGOTIATE_ROUTES,
  ...CONVERSATION_ROUTES,
  RECONNECT_LINK_ROUTE,
  ...AGENT_ACTION_ROUTES,
  ...CLOSED_CONVERSATION_ROUTES,
  ...INSIGHTS_ROUTES,
  ...CAPACITY_ROUTES,
  ...POLICY_ROUTES,
  ...AUTOMATED_MESSAGE_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...PERSONAL_DATA_ROUTES,
  ...SERVICE_ROUTES,
  SITE_SETTINGS_ROUTE,
  ...WEBHOOK_ROUTES,
];

/** What the app answers: its API, and the files of its pages. */
export const ALL_ROUTES: readonly (AnyRoute | (typeof SITE_FILE_ROUTES)[number])[] = [
  ...ROUTES,
  ...SITE_FILE_ROUTES,
];
