import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ACCESS,
  type May,
  OF_AGENT,
  OF_CUSTOMER,
  ON_A_CONVERSATION,
  type Role,
  ROLES,
  SOCKET_EVENTS,
} from '../../../shared/access/authorisation';
import { ALL_ROUTES, ROUTES } from '../../../shared/app/routes';
import {
  type Answer,
  type Call,
  eventHeaders,
  newId,
  repeated,
  startSystem,
  type System,
} from '../bad-input/system';
import { tokenOf } from './tokens';

const DESK_KEY = 'the-key-of-the-desk-0123456789';
const OPERATOR_KEY = 'the-key-of-operators-0123456789';
/** The host checks these, each for its own functions. */
const [SITE_KEY, SERVICE_KEY] = ['the-key-of-the-site', 'the-key-of-the-service'];
const KEYS = { 'negotiate-customer': SITE_KEY, 'reconnect-link': SITE_KEY, 'web-pubsub-events': SERVICE_KEY };
const [IT, COLLEAGUE] = ['it', 'colleague'] as const;

let system: System;
const tickets: Record<string, Readonly<Record<string, string>>> = {};
beforeAll(async () => {
  system = await startSystem({
    signInPort: 0,
    settings: {
      ...{ DISCONNECT_GRACE: 'PT10M', AGENT_DISCONNECT_GRACE: 'PT10M', OFFER_TIMEOUT: 'never' },
      ...{ WRAP_UP_AUTO_CLOSE: 'never', CONVERSATION_CAPACITY_UNITS: '0', RECONNECT_ENABLED: 'true' },
      ...{ NEGOTIATE_RATE_LIMIT: '0', TICKET_RATE_LIMIT: '0' },
      ...{ DESK_KEYS: DESK_KEY, OPERATOR_KEYS: OPERATOR_KEY, LOCAL_FUNCTION_KEYS: JSON.stringify(KEYS) },
    },
  });
  for (const agentId of [IT, COLLEAGUE]) {
    const headers = { 'x-functions-key': DESK_KEY };
    const { json } = await system.call('v1/agents/negotiate', { headers, body: { agentId } });
    tickets[agentId] = { authorization: `Bearer ${String(json['ticket'])}` };
  }
});
afterAll(() => system?.stop());

/** What is refused or only read leaves what it was asked about as it was: that serves the next one, too. */
function reused<T>(make: () => Promise<T>): (changes: boolean) => Promise<T> {
  let made: Promise<T> | undefined;
  return (changes) => (changes ? make() : (made ??= make()));
}

/** A conversation whose customer has been there, and is away: nothing else stands in an agent's way. */
async function born() {
  const customer = await system.customer();
  const { conversationId } = customer;
  for (const [id, name] of ['connect', 'connected', 'disconnected'].entries()) {
    const answer = await repeated(() => system.event({ name, conversationId, id: String(id) }));
    expect([name, answer.status < 300]).toEqual([name, true]);
  }
  return customer;
}

const refusal = ({ status, json }: Answer): unknown =>
  json['code'] ?? (status < 300 ? 'yes' : `${status} without a code`);
const act = (agentId: string, conversationId: string, action: string, call: Call = {}) =>
  repeated(() =>
    system.call(`v1/conversations/${conversationId}/${action}`, { headers: tickets[agentId] ?? {}, ...call }),
  );

describe('at every route each role gets what the table says [R150]', () => {
  /** What a role shows; operators have two ways. */
  const proofs: Record<Role, () => Promise<readonly Record<string, string>[]>> = {
    anyone: async () => [{}],
    customer: async () => [],
    agent: async () => [tickets[IT]!],
    'signed-in agent': async () => [await tokenOf(system.stack, 'anna')],
    desk: async () => [{ 'x-functions-key': DESK_KEY }],
    site: async () => [{ 'x-functions-key': SITE_KEY }],
    operator: async () => [{ 'x-functions-key': OPERATOR_KEY }, await tokenOf(system.stack, 'olga')],
    service: async () => [{ ...eventHeaders({ name: 'connect' }), 'x-functions-key': SERVICE_KEY }],
  };
  const STATUS: Partial<Record<May, number>> = {
    'not-authenticated': 401,
    'not-allowed': 403,
    'invalid-input': 400,
  };
  const cells = ALL_ROUTES.flatMap((route) =>
    ROLES.map((role) => [route.id, role, ACCESS[route.access][role], route] as const),
  );

  const someone = reused(born);

  it.each(cells)('%s, %s: %s', async (_id, role, may, { method, path, inputs, access }) => {
    const customer = await someone(may === 'yes' && method !== 'GET' && path.includes('{conversationId}'));
    const params: Record<string, string> = {
      ...{ conversationId: customer.conversationId, agentId: 'ann', trigger: 'agent-joined' },
      deadLetterId: `${customer.conversationId}.unreadable-row`,
    };
    const filled = path.slice(1).replace(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? '');
    const shown = role === 'customer' ? [customer.bearer] : await proofs[role]();
    // A token is no ticket: where a key is not asked for, an operator has none to show.
    const takesToken = access === 'an operator' || access.startsWith('the desk');
    for (const headers of takesToken ? shown : shown.slice(0, 1)) {
      const body = inputs.body?.example;
      const answer = await repeated(() =>
        system.call(filled, { method, headers, ...(!['GET', 'HEAD'].includes(method) && { body }) }),
      );
      if (may === 'yes') expect([401, 403]).not.toContain(answer.status);
      else expect(answer.status).toBe(STATUS[may]);
    }
  });
});

describe('over its socket each role sends what the table says [R150]', () => {
  const cells = Object.entries(SOCKET_EVENTS).flatMap(([name, may]) =>
    Object.entries(may).map(([role, cell]) => [name, role, cell] as const),
  );

  const accepted = reused(async () => {
    const { conversationId } = await born();
    await act(IT, conversationId, 'accept');
    return conversationId;
  });

  it.each(cells)('%s, %s: %s', async (name, role, may) => {
    const conversationId = await accepted(may === 'yes');
    const userId = role === 'agent' ? `agent.${IT}` : `customer.${conversationId}`;
    const body = { conversationId, ...(name === 'message' && { text: 'Hello' }) };
    const connectionId = newId();
    const answer = await repeated(() => system.event({ name, userId, connectionId, body }));
    expect([answer.status < 300, refusal(answer)]).toEqual([true, may]);
  });

  it("nobody else's: the service names the sender, and a customer writes in its own conversation", async () => {
    const [own, other] = [await born(), await born()];
    const body = { conversationId: other.conversationId, text: 'Whose am I?' };
    const { conversationId } = own;
    const answer = await repeated(() => system.event({ name: 'message', conversationId, body }));
    expect(answer.status).toBe(204);
    const textsOf = async (conversationId: string) =>
      (await act(IT, conversationId, '?after=0', { method: 'GET' })).text.includes('Whose am I?');
    expect([await textsOf(own.conversationId), await textsOf(other.conversationId)]).toEqual([true, false]);
  });
});

/** What is done, as a request or as an event. */
async function perform(name: string, who: { agentId?: string; bearer: Record<string, string> }, id: string) {
  if (name in SOCKET_EVENTS) {
    const userId = who.agentId === undefined ? `customer.${id}` : `agent.${who.agentId}`;
    const body = { conversationId: id, ...(name === 'message' && { text: newId() }) };
    return system.event({ name, userId, connectionId: newId(), body });
  }
  const route = ROUTES.find((one) => one.id === name);
  if (route === undefined) throw new Error(`there is no route ${name}`);
  const bodies: Record<string, object> = {
    'offer-conversation': { agentId: IT },
    negotiate: { conversationId: id },
  };
  return system.call(route.path.slice(1).replace('{conversationId}', id), {
    method: route.method,
    headers: who.bearer,
    ...(route.method !== 'GET' && { body: bodies[name] ?? route.inputs.body?.example ?? {} }),
  });
}

describe('on a conversation an agent gets what the table says [R150]', () => {
  /** Who has done what before. */
  const steps: Record<(typeof OF_AGENT)[number], readonly (readonly [who: string, action: string])[]> = {
    'in the queue': [],
    'offered to it': [[IT, 'offer']],
    'accepted by it': [[IT, 'accept']],
    'offered to a colleague': [[COLLEAGUE, 'offer']],
    "a colleague's": [[COLLEAGUE, 'accept']],
    'ended, its own': [
      [IT, 'accept'],
      [IT, 'end'],
    ],
    "ended, a colleague's": [
      [COLLEAGUE, 'accept'],
      [COLLEAGUE, 'end'],
    ],
    closed: [
      [IT, 'accept'],
      [IT, 'end'],
      [IT, 'close'],
    ],
  };
  const cells = Object.entries(ON_A_CONVERSATION).flatMap(([name, { agent }]) =>
    agent === undefined ? [] : OF_AGENT.map((whose) => [name, whose, agent[whose]] as const),
  );

  const conversationThatIs = (whose: keyof typeof steps) => async () => {
    const { conversationId } = await born();
    for (const [agentId, action] of steps[whose]) {
      const done = await act(agentId, conversationId, action, {
        body: action === 'offer' ? { agentId } : {},
      });
      expect([action, done.status]).toEqual([action, 200]);
    }
    return conversationId;
  };
  const kept = new Map(OF_AGENT.map((whose) => [whose, reused(conversationThatIs(whose))]));

  it.each(cells)('%s, %s: %s', async (name, whose, may) => {
    const reads = ROUTES.some(({ id, method }) => id === name && method === 'GET');
    const conversationId = await kept.get(whose)!(may === 'yes' && !reads);
    const who = { agentId: IT, bearer: tickets[IT]! };
    const answer = await repeated(() => perform(name, who, conversationId));
    expect(refusal(answer)).toBe(may);
  });
});

describe('on a conversation a customer gets what the table says [R150]', () => {
  const cells = Object.entries(ON_A_CONVERSATION).flatMap(([name, { customer }]) =>
    OF_CUSTOMER.flatMap((whose) => {
      const may = customer[whose];
      return may === undefined ? [] : [[name, whose, may] as const];
    }),
  );

  /** Who asks, and about which conversation. */
  const caseOf = (whose: (typeof OF_CUSTOMER)[number]) => async () => {
    const { conversationId, bearer } = await born();
    if (whose === 'own, ended') {
      for (const action of ['accept', 'end']) {
        expect((await act(IT, conversationId, action)).status).toBe(200);
      }
    }
    return { bearer, on: whose === "another's" ? (await born()).conversationId : conversationId };
  };
  const kept = new Map(OF_CUSTOMER.map((whose) => [whose, reused(caseOf(whose))]));

  it.each(cells)('%s, %s: %s', async (name, whose, may) => {
    const { bearer, on } = await kept.get(whose)!(may === 'yes');
    expect(refusal(await repeated(() => perform(name, { bearer }, on)))).toBe(may);
  });
});
