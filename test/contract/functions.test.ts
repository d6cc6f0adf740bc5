import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { levelOf, ROUTES } from '../../shared/app/routes';
import { AGENT_ACTIONS } from '../../shared/conversation/inputs';
import { ACTIVITIES, ORCHESTRATORS } from '../../shared/deadlines/deadline-contract';
import { recordedFunctions } from '../support/functions-core';
import { loadFunctions, OPERATORS, SETTINGS } from './functions-app';
import type * as FunctionsCore from '../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../support/functions-core').functionsCore,
  { virtual: true },
);

beforeAll(async () => {
  Object.assign(process.env, SETTINGS);
  await loadFunctions();
});

const ofType = (type: string) => recordedFunctions().filter(({ trigger }) => trigger.type === type);
const bindingTypes = (name: string) =>
  Object.values(recordedFunctions().find((fn) => fn.name === name)?.bindings ?? {}).map(({ type }) => type);

describe('the functions of the app', () => {
  it('answer these routes, and only what a ticket or nothing at all protects is anonymous [R117]', () => {
    const routes = ofType('httpTrigger').map(({ name, trigger }) =>
      [name, trigger['authLevel'], (trigger['methods'] as string[]).join(), trigger['route']].join(' '),
    );
    expect(routes).toEqual([
      'accept-conversation anonymous POST v1/conversations/{conversationId}/accept',
      'close-conversation anonymous POST v1/conversations/{conversationId}/close',
      'conversation-story anonymous GET v1/conversations/{conversationId}/story',
      'decline-conversation anonymous POST v1/conversations/{conversationId}/decline',
      'delete-automated-message function DELETE v1/automated-messages/{trigger}',
      'download-transcript function GET v1/conversations/{conversationId}/transcript',
      'end-conversation anonymous POST v1/conversations/{conversationId}/end',
      'end-wait-conversation anonymous POST v1/conversations/{conversationId}/end-wait',
      'erase-conversation function DELETE v1/conversations/{conversationId}',
      'erase-customer function POST v1/customers/erase',
      'explain-policies anonymous GET v1/conversations/{conversationId}/policies',
      'export-conversation function GET v1/conversations/{conversationId}/export',
      'export-customer function POST v1/customers/export',
      'extend-wait-conversation anonymous POST v1/conversations/{conversationId}/extend-wait',
      'health anonymous GET health',
      'insights function GET v1/insights',
      'list-agents anonymous GET v1/agents',
      'list-automated-messages function GET v1/automated-messages',
      'list-closed-conversations function GET v1/closed-conversations',
      'list-conversations anonymous GET v1/conversations',
      'list-dead-letters function GET v1/dead-letters',
      'my-capacity anonymous GET v1/my-capacity',
      'negotiate anonymous POST v1/negotiate',
      'negotiate-agent function POST v1/agents/negotiate',
      'negotiate-customer function POST v1/customers/negotiate',
      'offer-conversation anonymous POST v1/conversations/{conversationId}/offer',
      'openapi anonymous GET v1/openapi.json',
      'read-capacity function GET v1/agents/{agentId}/capacity',
      'read-conversation anonymous GET v1/conversations/{conversationId}',
      'read-policies function GET v1/policies',
      'readiness anonymous GET health/ready',
      'reconnect-link function GET v1/conversations/{conversationId}/reconnect-link',
      'release-conversation anonymous POST v1/conversations/{conversationId}/release',
      'replay-dead-letter function POST v1/dead-letters/{deadLetterId}/replay',
      'set-capacity function PUT v1/agents/{agentId}/capacity',
      'site anonymous GET,HEAD site/{*path}',
      'site-settings anonymous GET site/settings.json',
      'transfer-conversation anonymous POST v1/conversations/{conversationId}/transfer',
      'web-pubsub-events function OPTIONS,POST web-pubsub/events',
      'write-automated-message function PUT v1/automated-messages/{trigger}',
      'write-policies function PUT v1/policies',
    ]);
  });

  it('are let through to the app where a token would do as well as a key, once Entra ID signs in, and nowhere else [R155]', () => {
    const signIn = { callerOf: async () => undefined };
    const opened = ROUTES.filter((route) => levelOf(route, { signIn } as never) !== route.authLevel);
    expect(opened.map(({ id }) => id).sort()).toEqual([...OPERATORS, 'negotiate-agent'].sort());
    expect(ROUTES.filter((route) => levelOf(route, {} as never) !== route.authLevel)).toEqual([]);
  });

  it('run at these times', () => {
    // Six fields, seconds first: five would be refused by the host.
    for (const { trigger } of ofType('timerTrigger')) {
      expect(String(trigger['schedule'])).toMatch(/^(%\w+%|\S+( \S+){5})$/);
    }
    const schedules = ofType('timerTrigger').map(({ name, trigger }) => [name, trigger['schedule']]);
    expect(schedules).toContainEqual(['purge-finished-timers', '0 7,17,27,37,47,57 1-4 * * *']);
    expect(schedules).toContainEqual(['finish-erasures', '30 */5 * * * *']);
  });

  it('are every orchestrator and activity that has a name, and no others', () => {
    const names = (type: string) => ofType(type).map(({ name }) => name);
    expect(names('orchestrationTrigger')).toEqual(Object.values<string>(ORCHESTRATORS).sort());
    expect(names('activityTrigger')).toEqual(Object.values<string>(ACTIVITIES).sort());
  });

  it('have no trigger of another kind', () => {
    const kinds = new Set(recordedFunctions().map(({ trigger }) => trigger.type));
    expect([...kinds].sort()).toEqual([
      'activityTrigger',
      'httpTrigger',
      'orchestrationTrigger',
      'timerTrigger',
    ]);
  });

  it.each([
    'web-pubsub-events',
    ...AGENT_ACTIONS.map((action) => `${action}-conversation`),
    'reach-deadline',
    'tell-participants',
    'file-dead-letter',
    'replay-dead-letter',
    'purge-finished-timers',
    'erase-conversation',
    'erase-customer',
    'finish-erasures',
    'readiness',
  ])('get a durable client where they need one: %s', (name) => {
    expect(bindingTypes(name)).toContain('durableClient');
  });
});

describe('a route that a ticket protects', () => {
  const guarded = [
    'conversation-story',
    ...['list-agents', 'list-conversations', 'read-conversation', 'explain-policies', 'my-capacity'],
    ...AGENT_ACTIONS.map((action) => `${action}-conversation`),
  ];

  it('is every anonymous one but health, readiness, openapi, negotiate and the pages', () => {
    const anonymous = ofType('httpTrigger').filter(({ trigger }) => trigger['authLevel'] === 'anonymous');
    expect(anonymous.map(({ name }) => name)).toEqual(
      [...guarded, 'health', 'negotiate', 'openapi', 'readiness', 'site', 'site-settings'].sort(),
    );
  });

  it.each(guarded)('answers 401 without one: %s', async (name) => {
    const fn = recordedFunctions().find((one) => one.name === name);
    const { HttpRequest, InvocationContext } = await import('@azure/functions');
    const input = Object.values(fn?.bindings ?? {}).find(({ type }) => type === 'durableClient');
    const request = new HttpRequest({
      method: 'POST',
      url: 'http://localhost/',
      params: { conversationId: 'conversation-0001' },
    });
    const context = new InvocationContext({
      functionName: name,
      invocationId: '1',
      logHandler: () => undefined,
      options: { trigger: fn?.trigger as never, extraInputs: input ? [input] : [] },
    });
    if (input) context.extraInputs.set(input, durableClientData());
    await expect(fn?.handler(request as never, context as never)).resolves.toMatchObject({ status: 401 });
  });
});

/** What the host gives for a durable client; no call is made with it here. */
function durableClientData() {
  const url = 'http://localhost:1/runtime/webhooks/durabletask';
  const urls = { id: 'INSTANCEID', statusQueryGetUri: url, sendEventPostUri: url };
  return {
    taskHubName: 'Hub',
    creationUrls: { createNewInstancePostUri: url, createAndWaitOnNewInstancePostUri: url },
    managementUrls: { ...urls, terminatePostUri: url, purgeHistoryDeleteUri: url },
    baseUrl: url,
    requiredQueryStringParameters: '',
    rpcBaseUrl: 'http://127.0.0.1:1/durabletask/',
  };
}
