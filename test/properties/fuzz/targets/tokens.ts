import fc from 'fast-check';
import { generateKeyPair, SignJWT } from 'jose';
import { createTickets } from '../../../../shared/access/caller-guard';
import { createSignIn } from '../../../../shared/access/sign-in-guard';
import { AccessDeniedError, InvalidInputError } from '../../../../shared/app/errors';
import { entraGuard, isSignedWith, signatureGuard } from '../../../../shared/web-pubsub/webhook-routes';
import { startKeyAuthority } from '../../../support/key-authority';
import { each, flat, longTexts } from '../long-texts';
import { mutatedText, mutatedValue } from '../mutations';
import { must, target, type Target } from '../target';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');
const HEADS = [
  { alg: 'HS256' },
  { alg: 'RS256', kid: 'key-1' },
  { alg: 'none' },
  { alg: 'HS256', crit: ['x'] },
];
const CLAIMS = [
  {
    sub: 'agent.ann',
    name: 'Ann',
    iss: 'chat-disconnect-detection',
    aud: 'conversation-api',
    exp: 4e9,
    iat: 1,
  },
  { sub: 'customer.conversation-0001', iss: 'chat-disconnect-detection', aud: 'reconnect', exp: 4e9 },
];

/** Good ones as they are and with a few other characters, and well-formed ones that nobody has signed. */
const tokensLike = (good: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...good),
    mutatedText(fc.constantFrom(...good)),
    fc
      .tuple(mutatedValue(fc.constantFrom(...HEADS)), mutatedValue(fc.constantFrom(...CLAIMS)))
      .map(([head, claims]) => `${base64url(head)}.${base64url(claims)}.c2lnbmF0dXJl`),
  );
function* longTokens(characters: number): Generator<string> {
  yield* longTexts(characters);
  for (const pump of ['a', '.', 'a.', '-'])
    yield `${base64url(HEADS[0])}.${pump.repeat(characters / pump.length)}.x`;
}

/** `other`: what it may be refused with but 401. */
async function passes(
  call: () => Promise<unknown>,
  other?: typeof InvalidInputError | typeof AccessDeniedError,
): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (thrown) {
    if (other !== undefined && thrown instanceof other) return false;
    if (!(thrown instanceof AccessDeniedError)) throw thrown;
    must(thrown.status === 401, 'answered 401');
    return false;
  }
}

/** The bytes of a token: the last character of a part has bits that mean nothing. */
const bytesOf = (token: string): string =>
  token
    .replace(/^Bearer /i, '')
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('hex'))
    .join('.');

/** Tokens need keys, and those of Entra an authority: both are made here. `stop` ends what was started. */
export async function tokenTargets(): Promise<{ targets: readonly Target[]; stop: () => Promise<void> }> {
  const tickets = createTickets({
    signingKeys: ['k'.repeat(32), 'p'.repeat(32)],
    lifetimes: { agent: 60_000, customer: 60_000 },
    now: () => NOW,
  });
  const good = [
    (await tickets.issue({ role: 'customer', conversationId: 'conversation-0001' })).ticket,
    (await tickets.issue({ role: 'agent', agentId: 'ann', agentName: 'Ann' })).ticket,
  ];
  const reconnectIds = [(await tickets.issueReconnectId({ id: 'conversation-0001', createdAt: NOW })) ?? ''];
  const { authority, guard, signIn, entraTokens } = await entra();
  const bearer = (text: string) => ({
    get: (name: string) => (name.toLowerCase() === 'authorization' ? text : null),
  });
  const bearers = (tokens: readonly string[]) =>
    fc.oneof(
      { weight: 4, arbitrary: tokensLike(tokens).map((text) => `Bearer ${text}`) },
      { weight: 1, arbitrary: mutatedText(fc.constantFrom(...tokens.map((text) => `Bearer ${text}`))) },
    );
  const longBearers = (characters: number) =>
    flat(longTokens(characters), (text) => [text, `Bearer ${text}`]);

  const targets = [
    target<string>({
      name: 'ticket',
      parsers: ['createTickets', 'bearerOf'],
      inputs: bearers(good),
      async reads(text) {
        const isRead = await passes(() => tickets.callerOf(bearer(text)));
        must(!isRead || good.map(bytesOf).includes(bytesOf(text)), 'only what was issued, as it was issued');
        return isRead;
      },
      long: longBearers,
    }),
    target<string>({
      name: 'reconnect id',
      parsers: ['createTickets'],
      inputs: tokensLike([...reconnectIds, good[0]!]),
      async reads(text) {
        const link = await tickets.linkOf(text);
        must(
          [undefined, 'conversation-0001'].includes(link?.conversationId),
          'of the conversation or of none',
        );
        return link !== undefined;
      },
      long: longTokens,
    }),
    target<string>({
      name: 'proof of a sign-in',
      parsers: ['createTickets'],
      inputs: tokensLike([await tickets.issueSignIn('conversation-0001', 'archive'), ...reconnectIds]),
      async reads(text) {
        const workstream = await tickets.signedInFor(text, 'conversation-0001');
        must([undefined, 'archive'].includes(workstream), 'the workstream that was signed, or none');
        return workstream !== undefined;
      },
      long: longTokens,
    }),
    target<string>({
      name: 'token of Entra',
      parsers: ['entraGuard'],
      inputs: bearers(entraTokens),
      reads: (text) => passes(() => guard(bearer(text))),
      long: longBearers,
    }),
    target<string>({
      name: 'token of an agent or operator',
      parsers: ['createSignIn'],
      inputs: bearers(entraTokens),
      async reads(text) {
        let agentId: string | undefined;
        const isRead = await passes(async () => {
          const query = { get: () => null, keys: () => [] };
          const caller = await signIn.callerOf({ headers: bearer(text), query }, 'an operator');
          agentId = caller?.agentId;
        }, AccessDeniedError);
        must(!isRead || agentId === SERVICE, 'only the operator whom a token names, and by its object id');
        return isRead;
      },
      long: longBearers,
    }),
    target<{ signature: string; connectionId: string }>({
      name: 'header: ce-signature',
      parsers: ['isSignedWith', 'signatureGuard'],
      inputs: fc.record({
        signature: mutatedText(
          fc.constantFrom(`sha256=${'0'.repeat(64)}`, `sha256=${'f'.repeat(64)},sha256=`),
        ),
        connectionId: mutatedText(fc.constant('connection-a')),
      }),
      isNever: true,
      async reads({ signature, connectionId }) {
        must(!isSignedWith(['access-key'], connectionId, signature), 'nobody has signed it');
        const given: Record<string, string> = { 'ce-signature': signature, 'ce-connectionid': connectionId };
        return passes(
          () => signatureGuard(['access-key'])({ get: (name) => given[name.toLowerCase()] ?? null }),
          InvalidInputError,
        );
      },
      long: (characters) =>
        each(longTexts(characters), (signature) => ({ signature, connectionId: signature })),
    }),
  ];
  return { targets, stop: () => authority.stop() };
}

const TENANT = '11111111-2222-3333-4444-555555555555';
const SERVICE = '66666666-7777-8888-9999-000000000000';

/** The guard of a service without keys, the authority that it asks for keys, and tokens which that one has issued. */
async function entra() {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const authority = await startKeyAuthority();
  await authority.publish(publicKey, 'key-1');
  const audience = 'api://chat';
  const tokenOf = (oid: string, role: string) =>
    new SignJWT({ oid, name: 'Olga', roles: [role] })
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
      .setIssuer(`${authority.url}/${TENANT}/v2.0`)
      .setAudience(audience)
      .setExpirationTime('10h')
      .sign(privateKey);
  const entraTokens = [await tokenOf(SERVICE, 'Chat.Operator'), await tokenOf(TENANT, 'Chat.Agent')];
  const guard = entraGuard({ tenantId: TENANT, audience, callerObjectId: SERVICE, authority: authority.url });
  const issuer = { tenantId: TENANT, audience, authority: authority.url };
  const signIn = createSignIn({ ...issuer, deskKeys: [], operatorKeys: [] });
  return { authority, guard, signIn, entraTokens };
}
