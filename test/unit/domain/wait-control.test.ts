import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '../../../shared/conversation/conversation';
import type { Presence } from '../../../shared/conversation/inputs';
import { MINUTE, toIso } from '../../../shared/conversation/time';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  alive,
  change,
  connected,
  contextAt,
  deadlineReached,
  decideAt,
  disconnected,
  effectTypes,
  lost,
  NOBODY,
  outcomeOf,
  pushesOf,
  runningDisconnection,
} from '../../support/domain/builders';

const extended = (minutes: number, key = 'key-1'): Asked => ({
  type: 'wait-extended',
  agentId: 'anna',
  by: minutes * MINUTE,
  key,
});
const waitEnded = (presence?: Presence): Asked => ({
  type: 'wait-ended',
  agentId: 'anna',
  ...(presence && { presence }),
});
const AT = afterStart(60);

it.each([
  [
    'a rule',
    {
      rules: [
        { id: 'all', when: {}, set: { maxExtension: 30 * MINUTE }, written: { maxExtension: 'PT1800S' } },
      ],
    },
  ],
  ['a setting', { written: { maxExtension: 'PT1800S' } }],
])('an extension that is too long is told how much %s allows, as it was written [R215]', (_, changes) => {
  const context = contextAt(AT);
  const decision = decide(lost(), extended(31), {
    ...context,
    policies: { ...context.policies, ...changes },
  });
  expect(decision).toMatchObject({
    refusal: { detail: 'Agents can add PT1800S to a wait in all; PT1800S is left.' },
  });
});

describe('an agent extends the wait', () => {
  it('and the deadline moves by as much; the timer that fires at the old one is told the new one [R106]', () => {
    const { deadline } = runningDisconnection(lost());
    const { conversation } = change(lost(), extended(5), AT);
    expect(runningDisconnection(conversation).deadline).toBe(deadline + 5 * MINUTE);
    expect(outcomeOf(decideAt(conversation, deadlineReached(2, NOBODY), deadline))).toEqual({
      type: 'not-reached',
      deadline: deadline + 5 * MINUTE,
    });
    expect(change(conversation, deadlineReached(2, NOBODY), deadline + 5 * MINUTE).conversation.state).toBe(
      'WrapUp',
    );
  });

  it('once, although the request with another key came before its repetition', () => {
    const first = change(lost(), extended(5), AT).conversation;
    const second = change(first, extended(2, 'key-2'), AT + 1_000).conversation;
    expect(decideAt(second, extended(5), AT + 2_000).kind).toBe('unchanged');
    expect(decideAt(second, extended(2, 'key-2'), AT + 2_000).kind).toBe('unchanged');
  });

  it(`and the latest ${LIMITS.extensionKeys} keys are known`, () => {
    const first = change(lost(), extended(0), AT).conversation;
    expect(runningDisconnection(first).extension?.keys).toEqual(['key-1']);
    let conversation = first;
    for (let n = 2; n <= LIMITS.extensionKeys + 1; n += 1) {
      conversation = change(conversation, extended(0, `key-${n}`), AT + n).conversation;
    }
    const keys = runningDisconnection(conversation).extension?.keys;
    expect(keys).toHaveLength(LIMITS.extensionKeys);
    expect(keys).not.toContain('key-1');
  });

  it('and the colleagues are told the new deadline, and what was added in all', () => {
    const first = change(lost(), extended(5), AT).conversation;
    const decision = change(first, extended(2, 'key-2'), AT + 1_000);
    const { number, deadline } = runningDisconnection(decision.conversation);
    expect(pushesOf(decision)).toMatchObject([
      { type: 'wait-extended', number, deadline: toIso(deadline), extendedBy: 'PT7M' },
    ]);
    expect(effectTypes(decision)).not.toContain('start-timer');
  });

  it('and a repeated loss does not take it back', () => {
    const { conversation } = change(lost(), extended(5), AT);
    const again = decideAt(conversation, disconnected('tab-1', afterStart(10)), AT + 1_000);
    expect(again.kind).toBe('unchanged');
    expect(pushesOf(again)).toEqual(
      pushesOf(change(accepted(), disconnected('tab-1', afterStart(10)), afterStart(10))),
    );
  });

  it('of the next disconnection as if there had been none before', () => {
    const { conversation } = change(lost(), extended(30), AT);
    const back = change(conversation, connected('tab-2', AT), AT).conversation;
    const next = lost(back, AT + MINUTE, 'tab-2');
    expect(runningDisconnection(next).extension).toBeUndefined();
    expect(decideAt(next, extended(30), AT + MINUTE).kind).toBe('changed');
  });

  it('by 30 minutes in all, and no more', () => {
    const { conversation } = change(lost(), extended(20), AT);
    expect(decideAt(conversation, extended(11, 'key-2'), AT)).toMatchObject({
      refusal: {
        code: 'extension-too-long',
        detail: expect.stringContaining('PT10M is left') as unknown as string,
      },
    });
    expect(decideAt(conversation, extended(10, 'key-2'), AT).kind).toBe('changed');
  });

  it('by what policy allows, and by nothing where it allows nothing [R106]', () => {
    for (const [most, minutes, left] of [
      [2, 3, 'PT2M is left'],
      [0, 1, 'PT0S is left'],
    ] as const) {
      const decision = decide(lost(), extended(minutes), contextAt(AT, { maxExtension: most * MINUTE }));
      expect(decision).toMatchObject({
        refusal: {
          code: 'extension-too-long',
          state: 'Active',
          detail: expect.stringContaining(left) as unknown as string,
        },
      });
    }
  });
});

describe('an agent ends the wait', () => {
  it('and the service is asked first, whatever the record says', () => {
    expect(decideAt(lost(), waitEnded(), AT)).toEqual({ kind: 'presence-needed' });
  });

  it('but nobody is waited for any more: the refusal tells of the return again', () => {
    const returned = change(lost(), waitEnded(alive('tab-2')), AT);
    const again = decideAt(returned.conversation, waitEnded(), AT + 1_000);
    expect(again).toMatchObject({ kind: 'refused', refusal: { code: 'customer-is-connected' } });
    expect(pushesOf(again)).toEqual(pushesOf(returned));
    expect(pushesOf(again).map(({ type }) => type)).toEqual(['customer-back']);
  });

  it('but a customer who is there is not ended: the record is healed [R107]', () => {
    const decision = change(lost(), waitEnded(alive('tab-2')), AT);
    expect(decision.outcome).toEqual({ type: 'customer-present' });
    expect(decision.conversation).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-2'] });
    expect(decision.conversation.disconnection).toBeUndefined();
  });
});
