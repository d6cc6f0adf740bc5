import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import { MINUTE } from '../../../shared/conversation/time';
import type { PolicyRule } from '../../../shared/policies/policy';
import {
  decide,
  accepted,
  afterStart,
  connectedCustomer,
  contextAt,
  GRACE,
  offered,
} from '../../support/domain/builders';
import { policies } from '../../support/domain/policies';

const AT = afterStart(60);

/** How long the loss of the only tab is waited for, under one rule. */
function waitUnder(
  when: PolicyRule['when'],
  conversation: Conversation,
  device?: 'phone' | 'desktop',
): number {
  const rules: readonly PolicyRule[] = [{ id: 'rule', when, set: { grace: 10 * MINUTE } }];
  const decision = decide(
    conversation,
    { type: 'disconnected', connectionId: 'tab-1', occurredAt: AT, ...(device && { device }) },
    { ...contextAt(AT), policies: { ...policies(), rules } },
  );
  if (decision.kind !== 'changed') throw new Error(decision.kind);
  return decision.conversation.disconnection!.deadline - AT;
}

describe('the grace period', () => {
  it('is that of the workstream [R97]', () => {
    expect(waitUnder({ workstream: ['default'] }, accepted())).toBe(10 * MINUTE);
    expect(waitUnder({ workstream: ['sales'] }, accepted())).toBe(GRACE);
  });

  it.each<['Open' | 'Offered' | 'Active', Conversation]>([
    ['Open', connectedCustomer()],
    ['Offered', offered()],
    ['Active', accepted()],
  ])('is that of the state in which the customer is lost: %s [R98]', (state, conversation) => {
    expect(waitUnder({ state: [state] }, conversation)).toBe(10 * MINUTE);
    expect(waitUnder({ state: ['Waiting'] }, conversation)).toBe(GRACE);
  });

  it('is that of the device that was lost: a locked phone is waited for longer than a closed desktop tab [R99]', () => {
    expect(waitUnder({ device: ['phone', 'tablet'] }, accepted(), 'phone')).toBe(10 * MINUTE);
    expect(waitUnder({ device: ['phone', 'tablet'] }, accepted(), 'desktop')).toBe(GRACE);
  });
});
