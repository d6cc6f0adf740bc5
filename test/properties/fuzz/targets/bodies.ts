import fc from 'fast-check';
import { parseProfile } from '../../../../shared/access/customer-profile-parser';
import { InvalidInputError } from '../../../../shared/app/errors';
import { ROUTES } from '../../../../shared/app/routes';
import { parseJson, parseWith, readJson } from '../../../../shared/http/route';
import { isPageUrl } from '../../../../shared/policies/policy';
import {
  findInPolicyDocument,
  parsePolicyDocument,
  parseStoredPolicies,
  policyDocumentView,
} from '../../../../shared/policies/policy-document-parser';
import { each, longJson, longTexts } from '../long-texts';
import { mutatedJson, mutatedText } from '../mutations';
import { must, readsOrRefuses, target, type Target } from '../target';

const PROFILE_BODIES = [
  {},
  { name: 'Ann', locale: 'en', queue: 'sales', context: { OrderId: '4711' } },
  { name: 'Zoë', locale: 'zh-Hant-TW', workstream: 'a', channelInstance: 'b', device: 'phone' },
];
const OVERRIDES = [
  { text: 'It is over, {AgentName}. {$FirstName$}' },
  { channel: 'live-chat', channelInstance: 'shop', locale: 'de-AT', text: '{QueueName}', active: true },
  { active: false },
];
/** As operators write them. */
export const POLICIES = [
  {},
  {
    channels: { archive: 'persistent-chat' },
    rules: [
      { id: 'phones', when: { device: ['phone'], state: ['Open', 'Active'] }, set: { grace: 'PT10M' } },
      {
        id: 'sales',
        when: { workstream: ['sales'], channel: ['live-chat'], channelInstance: ['shop'] },
        set: {
          agentGrace: 'PT1M',
          offerTimeout: 'PT30S',
          outageAllowance: 'PT1M',
          lossNewsAfter: 'PT2S',
          connections: 20,
          maxExtension: 'PT30M',
          openAutoClose: 'never',
          wrapUpAutoClose: 'PT15M',
          waitingAutoClose: 'P1D',
          wrapUpCapacity: 'always',
          capacityUnits: 20,
          reconnect: true,
          reconnectTimeLimit: 'PT30M',
          reconnectPortalUrl: 'https://portal.example/chat',
          reconnectRedirectUrl: null,
          readAfterEnd: 'PT0S',
          retention: 'never',
        },
      },
    ],
  },
];

/** As an older version stored them. */
const WITH_ADDRESSES = {
  channels: {},
  rules: ['https://portal.example@host.example/', 'http://localhost:x@host.example/'].map((address, n) => ({
    id: `r${n}`,
    when: {},
    set: { reconnectPortalUrl: address, reconnectRedirectUrl: address },
  })),
};
const ADDRESSES = [
  ...['https://portal.example/chat?a=b#c', 'http://localhost:3000/', 'https://portal.example:8443'],
  ...[
    'http://localhost:x@host.example/',
    'https://a@b.example/',
    'https:\\\\a.example\\@b',
    'https://[::1]/',
  ],
];

/** A JSON body from outside: read, or refused with a 4xx that names a part of the body. */
function body(
  name: string,
  parsers: readonly string[],
  good: readonly unknown[],
  parse: (value: unknown) => unknown,
): Target {
  const fields = [...new Set(good.flatMap((value) => Object.keys(value as object)))];
  return target<Uint8Array>({
    name: `body: ${name}`,
    parsers: [...parsers, 'parseJson', 'decodeUtf8', 'parseWith'],
    inputs: mutatedJson(fc.constantFrom(...good)),
    reads: (bytes) =>
      readsOrRefuses(
        () => parse(parseJson(bytes, 'body')),
        InvalidInputError,
        ({ field, status }) => must(/^body(\.|$)/.test(field) && status === 400, `names the part: ${field}`),
      ),
    long: (characters) => each(longJson(characters, fields), (text) => Buffer.from(text)),
  });
}
/** The body of a route. */
const ofRoute = (id: string) => {
  const schema = ROUTES.find((route) => route.id === id)?.inputs.body?.schema;
  if (schema === undefined) throw new Error(`no body: ${id}`);
  return schema;
};
const byRoute = (name: string, id: string, good: readonly unknown[]): Target =>
  body(name, [id], good, (value) => parseWith(ofRoute(id), value, 'body'));

export const BODIES: readonly Target[] = [
  byRoute('offer', 'offer-conversation', [{ agentId: 'ann' }, { agentId: 'ann', agentName: 'Ann' }]),
  byRoute('transfer', 'transfer-conversation', [{ queue: 'sales' }]),
  byRoute('extend the wait', 'extend-wait-conversation', [{ by: 'PT5M' }, { by: 'P1D' }]),
  byRoute('capacity', 'set-capacity', [{ capacityUnits: 0 }, { capacityUnits: 1_000 }]),
  byRoute('resume', 'negotiate', [{}, { conversationId: 'conversation-0001' }, { reconnectId: 'a.b.c' }]),
  byRoute('device', 'negotiate', [{}, { device: 'phone' }]),
  byRoute('agent', 'negotiate-agent', [
    { agentId: 'bob' },
    { agentId: 'bob', name: 'Bob', queues: ['sales', 'returns'] },
  ]),
  byRoute('known customer', 'negotiate-customer', [
    { customerId: 'erika@example.org' },
    { customerId: '1', choice: 'continue' },
  ]),
  byRoute('customer to erase', 'erase-customer', [{ customerId: 'erika@example.org' }, { customerId: '1' }]),
  byRoute('customer to export', 'export-customer', [
    { customerId: 'erika@example.org' },
    { customerId: '1', from: { conversationId: 'conversation-0001', after: 1_000 } },
  ]),
  body('profile', ['parseProfile', 'PROFILE'], PROFILE_BODIES, (value) => {
    const profile = parseProfile(value);
    must(Object.keys(profile.context).length <= 20, 'at most 20 variables');
    must(profile.name.isWellFormed() && profile.name.length <= 100, 'a line of well-formed Unicode');
    for (const name of [profile.queue, profile.workstream, profile.channelInstance])
      must(/^[\w-]{1,64}$/.test(name), 'plain names');
  }),
  byRoute('override of a message', 'write-automated-message', OVERRIDES),
  body(
    'policy document',
    ['parsePolicyDocument', 'findInPolicyDocument', 'POLICY_DOCUMENT', 'durationBetween', 'write-policies'],
    POLICIES,
    (value) => {
      const { document: found, values } = findInPolicyDocument(value);
      parsePolicyDocument(JSON.parse(JSON.stringify(policyDocumentView(found))));
      must(
        values.every(({ grace = 1 }) => grace > 0),
        'waits that are lengths of time',
      );
      const document = parsePolicyDocument(value);
      parsePolicyDocument(JSON.parse(JSON.stringify(policyDocumentView(document))));
    },
  ),
  target<Uint8Array>({
    name: 'stored policy document',
    parsers: ['parseStoredPolicies'],
    inputs: mutatedJson(fc.constantFrom(...POLICIES, WITH_ADDRESSES)),
    reads: (bytes) =>
      readsOrRefuses(
        () => {
          for (const { set } of parseStoredPolicies(parseJson(bytes, 'document')).rules)
            for (const address of [set.reconnectPortalUrl, set.reconnectRedirectUrl])
              must(address === undefined || isPageUrl(address), 'an address to which customers may be sent');
        },
        InvalidInputError,
        ({ field }) => must(/^document(\.|$)/.test(field), `names the part: ${field}`),
      ),
    long: (characters) =>
      each(longTexts(characters), (reconnectPortalUrl) =>
        Buffer.from(JSON.stringify({ rules: [{ id: 'a', when: {}, set: { reconnectPortalUrl } }] })),
      ),
  }),
  target<string>({
    name: 'address of a page',
    parsers: ['isPageUrl'],
    inputs: mutatedText(fc.constantFrom(...ADDRESSES)),
    reads: (text) => {
      if (!isPageUrl(text)) return false;
      const url = new URL(text);
      must(url.protocol === 'https:' || url.hostname === 'localhost', 'https, or this machine');
      must(url.username === '' && url.password === '', "nobody's name");
      const seen = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1] ?? '';
      must(
        new URL(`https://${seen}/`).hostname === url.hostname,
        'the host that is read is the host that is meant',
      );
      return true;
    },
    long: (characters) => longTexts(characters, ['https://', 'http://localhost', 'https://a:']),
  }),
  target<{ bytes: Uint8Array; length: string }>({
    name: 'body: whole request',
    parsers: ['readBody', 'readJson'],
    inputs: fc.record({
      bytes: mutatedJson(fc.constantFrom(...PROFILE_BODIES)),
      length: mutatedText(fc.constantFrom('0', '17', '99999999')),
    }),
    async reads({ bytes, length }) {
      try {
        await readJson({
          method: 'POST',
          headers: { get: () => length },
          query: { get: () => null, keys: () => [] },
          params: {},
          arrayBuffer: async () => new Uint8Array(bytes).buffer,
        });
        return true;
      } catch (thrown) {
        if (!(thrown instanceof InvalidInputError)) throw thrown;
        must(thrown.status === 400 || thrown.status === 413, `status ${thrown.status}`);
        return false;
      }
    },
    long: (characters) =>
      each(longJson(characters), (text) => ({ bytes: Buffer.from(text), length: '9'.repeat(characters) })),
  }),
];
