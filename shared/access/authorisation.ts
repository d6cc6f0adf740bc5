import type { Refusal } from '../conversation/decision';

/**
 * Who may do what to which object: the one table. Routes and socket events are checked by it, docs/THREAT-MODEL.md prints it,
 * and a test asks the running app for every cell.
 *
 * A role is what somebody proves: `anyone` nothing, `customer` and `agent` a ticket or a socket, `signed-in agent` a token of
 * Entra ID with the app role `Chat.Agent`, `desk` and `site` the function key of their route, `operator` the operators' key
 * or a token with `Chat.Operator`, `service` the webhook's function key and a proof of Web PubSub.
 */
export const ROLES = [
  'anyone',
  'customer',
  'agent',
  'signed-in agent',
  'desk',
  'site',
  'operator',
  'service',
] as const;
export type Role = (typeof ROLES)[number];

/** `yes`, or the code of the refusal. */
export type May = 'yes' | 'not-authenticated' | 'not-allowed' | 'invalid-input' | Refusal['code'];

const everyRole = (may: May) => Object.fromEntries(ROLES.map((role) => [role, may])) as Record<Role, May>;
const NOBODY = everyRole('not-authenticated');
const WITH_A_TICKET = { ...NOBODY, customer: 'not-allowed', agent: 'yes' } as const;

/** What each role gets at a route, by the access that the route names. */
export const ACCESS = {
  anyone: everyRole('yes'),
  /** The ticket of an agent names no conversation; a token is no ticket. */
  'anyone, or a customer with a ticket': {
    ...everyRole('yes'),
    agent: 'invalid-input',
    'signed-in agent': 'not-authenticated',
  },
  'an agent with a ticket': WITH_A_TICKET,
  /** The customer's conversation is the one in the path. */
  'an agent or the customer with a ticket': { ...WITH_A_TICKET, customer: 'yes' },
  "the desk's backend, or a signed-in agent": {
    ...NOBODY,
    'signed-in agent': 'yes',
    desk: 'yes',
    operator: 'yes',
  },
  "the site's backend": { ...NOBODY, site: 'yes' },
  'an operator': { ...NOBODY, 'signed-in agent': 'not-allowed', operator: 'yes' },
  'the function key': { ...NOBODY, service: 'yes' },
  'the function key and a proof of the service': { ...NOBODY, service: 'yes' },
} as const satisfies Record<string, Record<Role, May>>;
export type Access = keyof typeof ACCESS;

/** What somebody may send over its socket, by the name of the event. */
export const SOCKET_EVENTS = {
  connect: { customer: 'yes', agent: 'yes' },
  connected: { customer: 'yes', agent: 'yes' },
  disconnected: { customer: 'yes', agent: 'yes' },
  message: { customer: 'yes', agent: 'yes' },
  leave: { customer: 'yes', agent: 'invalid-input' },
  typing: { customer: 'yes', agent: 'yes' },
} as const satisfies Record<string, Record<'customer' | 'agent', May>>;

/** Whose a conversation is: for a customer, and for an agent. */
export const OF_CUSTOMER = ['own', 'own, ended', "another's"] as const;
export const OF_AGENT = [
  'in the queue',
  'offered to it',
  'accepted by it',
  'offered to a colleague',
  "a colleague's",
  'ended, its own',
  "ended, a colleague's",
  'closed',
] as const;
export type OfCustomer = Record<(typeof OF_CUSTOMER)[number], May>;
export type OfAgent = Record<(typeof OF_AGENT)[number], May>;

const EVERY = Object.fromEntries(OF_AGENT.map((whose) => [whose, 'yes'])) as OfAgent;
const GOES_ON = {
  ...EVERY,
  'ended, its own': 'conversation-ended',
  "ended, a colleague's": 'conversation-ended',
  closed: 'conversation-ended',
} as const;
/** What only the agent may do who has accepted the conversation. */
const ACCEPTED: OfAgent = {
  ...GOES_ON,
  'in the queue': 'illegal-transition',
  'offered to it': 'not-assigned-to-you',
  'offered to a colleague': 'assigned-to-other-agent',
  "a colleague's": 'assigned-to-other-agent',
};
const NOT_OF_CUSTOMERS: OfCustomer = {
  own: 'not-allowed',
  'own, ended': 'not-allowed',
  "another's": 'not-allowed',
};
/** A customer writes in its own, whatever other one its event names. */
const WRITING = {
  customer: { own: 'yes', 'own, ended': 'conversation-ended' },
  agent: {
    ...ACCEPTED,
    'in the queue': 'not-assigned-to-you',
    'offered to a colleague': 'not-assigned-to-you',
    "a colleague's": 'not-assigned-to-you',
  },
} as const;
const byAgents = (agent: OfAgent) => ({ customer: NOT_OF_CUSTOMERS, agent });

/**
 * What is done to one conversation, by the route's id or the event's name: what it depends on whose the conversation is. The
 * role comes first (`ACCESS`, `SOCKET_EVENTS`). Of agents the rules of the conversation refuse it (`decide`), who know its
 * state; this is what they have to answer, if nothing else stands in the way (capacity, limits, a customer who is there).
 * A relation that is missing cannot be: nothing that is sent names such a conversation.
 */
export const ON_A_CONVERSATION: Readonly<
  Record<string, { readonly customer: Partial<OfCustomer>; readonly agent?: OfAgent }>
> = {
  negotiate: { customer: { own: 'yes', 'own, ended': 'conversation-ended', "another's": 'not-allowed' } },
  /** After the end as long as policy says (`readAfterEnd`), unless the customer has ended it itself. */
  'read-conversation': {
    customer: { own: 'yes', 'own, ended': 'yes', "another's": 'not-allowed' },
    agent: EVERY,
  },
  'explain-policies': byAgents(EVERY),
  'conversation-story': byAgents(EVERY),
  /** To itself. */
  'offer-conversation': byAgents({ ...GOES_ON, "a colleague's": 'assigned-to-other-agent' }),
  'accept-conversation': byAgents({
    ...GOES_ON,
    'offered to a colleague': 'assigned-to-other-agent',
    "a colleague's": 'assigned-to-other-agent',
  }),
  'decline-conversation': byAgents({
    ...ACCEPTED,
    'offered to it': 'yes',
    'accepted by it': 'illegal-transition',
  }),
  'release-conversation': byAgents(ACCEPTED),
  'transfer-conversation': byAgents(ACCEPTED),
  'end-conversation': byAgents(ACCEPTED),
  'close-conversation': byAgents({
    ...ACCEPTED,
    'ended, its own': 'yes',
    "ended, a colleague's": 'assigned-to-other-agent',
  }),
  'extend-wait-conversation': byAgents(ACCEPTED),
  'end-wait-conversation': byAgents(ACCEPTED),
  /** The URL of the socket is signed for one conversation. */
  connect: { customer: { own: 'yes', 'own, ended': 'conversation-ended' } },
  connected: { customer: { own: 'yes', 'own, ended': 'yes' } },
  disconnected: { customer: { own: 'yes', 'own, ended': 'yes' } },
  leave: { customer: { own: 'yes', 'own, ended': 'yes' } },
  message: WRITING,
  typing: WRITING,
};
