import { describe, expect, it } from '@jest/globals';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import {
  accepted,
  afterStart,
  agentMessage,
  type Asked,
  change,
  connectedCustomer,
  customerLeft,
  customerMessage,
  disconnected,
  deadlineReached,
  lost,
  NOBODY,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

/** The clock of a machine is put back (time service, resumed machine), or another instance's is behind. */

describe.each([
  ['2 seconds', 2 * SECOND],
  ['10 minutes', 10 * MINUTE],
])('a clock that is put back by %s', (_by, step) => {
  it('lets no entry of the transcript stand before the one ahead of it [R138]', () => {
    const at = afterStart(20);
    const times = [customerMessage('m1'), agentMessage('m2'), customerLeft()].reduce(
      ({ conversation, seen }, event, index) => {
        const next = change(conversation, event, index === 0 ? at : at - step + index);
        return {
          conversation: next.conversation,
          seen: [...seen, ...next.entries.map((entry) => entry.at)],
        };
      },
      { conversation: accepted(), seen: [] as number[] },
    ).seen;
    expect(times).toEqual([at, at, at]);
  });

  it('tells a repeated message as it was told', () => {
    const first = given(change(accepted(), customerMessage('m1'), afterStart(20)).conversation).when(
      customerMessage('m2'),
      afterStart(20) - step,
    );
    const again = first.then({}).when(customerMessage('m2'), afterStart(20) - step + SECOND);
    const messages = (decision: object) =>
      (decision as { effects: { push?: object }[] }).effects.flatMap(({ push }) => (push ? [push] : []));
    expect(messages(again.decision)).toEqual(messages(first.decision));
  });
});

describe('a return that a message proves, stored by a machine that is behind', () => {
  it('is told again, whole, when the message is repeated because telling failed', () => {
    const at = afterStart(30);
    const spoken = change(accepted(), customerMessage('m1'), at + 2 * SECOND).conversation;
    const away = change(spoken, disconnected('tab-1', at + SECOND), at + SECOND).conversation;
    const back = given(away).when(customerMessage('m2', 'tab-2'), at + 1.5 * SECOND);
    const first = back.then({ outcome: 'message-stored' });
    const notifications = ['customer-back to agents', 'message to customer + anna'];
    expect(first.decision).toMatchObject({ kind: 'changed' });
    back.then({ notifications });
    first.when(customerMessage('m2', 'tab-2'), at + 3 * SECOND).then({ changed: false, notifications });
  });
});

describe('a wait that was stored by a clock far ahead', () => {
  const LOST = afterStart(10);
  const now = LOST - 10 * MINUTE;

  it('of a customer begins now, and is no longer than its grace period [R138]', () => {
    given(lost())
      .when(deadlineReached(2, NOBODY), now)
      .then({
        outcome: 'not-reached',
        conversation: { disconnection: { number: 2, since: now, deadline: now + 3 * MINUTE } },
      })
      .when(deadlineReached(2, NOBODY), now + SECOND)
      .then({ outcome: 'not-reached', changed: false })
      .when(deadlineReached(2, NOBODY), now + 3 * MINUTE)
      .then({ outcome: 'expired', state: 'WrapUp' });
  });

  it('of an agent, too [R138]', () => {
    const reached: Asked = {
      type: 'deadline-reached',
      kind: 'agent-disconnection',
      number: 1,
      agentPresent: false,
    };
    const away = change(accepted(), { type: 'agent-disconnected', agentId: 'anna' }, LOST).conversation;
    given(away)
      .when(reached, now)
      .then({ outcome: 'not-reached', conversation: { agentDisconnection: { deadline: now + MINUTE } } })
      .when(reached, now + MINUTE)
      .then({ outcome: 'requeued' });
  });

  it('leaves a deadline that is only a little ahead as it is', () => {
    given(lost(connectedCustomer()))
      .when(deadlineReached(2, NOBODY), LOST + 1)
      .then({ outcome: 'not-reached', changed: false });
  });
});
