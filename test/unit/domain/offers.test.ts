import { describe, it } from '@jest/globals';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import {
  agentAccepted,
  agentOffered,
  alive,
  afterStart,
  type Asked,
  BEN,
  change,
  connectedCustomer,
  contextAt,
  lost,
  offered,
  persistentChat,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

/** An offer that nobody accepts must not hold its customer for good. */

const AT = afterStart(2);
const EXPIRES = AT + 30 * SECOND;
const expiry = (number: number): Asked => ({ type: 'deadline-reached', kind: 'offer', number });
const QUEUED = ['list', 'free anna.1', 'conversation-queued to agents'];

describe('an offer', () => {
  it('has a time limit, and a timer for it [R136]', () => {
    given(connectedCustomer())
      .when(agentOffered(), AT)
      .then({
        conversation: { agent: { id: 'anna', offerExpiresAt: EXPIRES } },
        timers: ['start offer.1 in PT30S'],
      });
  });

  it('is not taken back before it [R136]', () => {
    given(offered())
      .when(expiry(1), EXPIRES - 1)
      .then({ outcome: 'not-reached', changed: false, effects: [] });
  });

  it('that nobody has accepted goes back to the queue; the agent is told, and the capacity is free [R136]', () => {
    const expired = given(offered())
      .when(expiry(1), EXPIRES)
      .then({
        outcome: 'requeued',
        state: 'Open',
        conversation: { requeue: { reason: 'offer-expired', agentId: 'anna' } },
        entries: [],
        effects: QUEUED,
        without: ['agent', 'capacityHold', 'previousAgent'],
      });
    expired.when(expiry(1), EXPIRES + 1).then({ outcome: 'requeued', changed: false, effects: QUEUED });
    expired
      .when(agentAccepted(), EXPIRES + SECOND)
      .then({ state: 'Active', timers: [] })
      .when(expiry(1), EXPIRES + 2 * SECOND)
      .then({ outcome: 'superseded', changed: false, effects: [] });
  });

  it('that is accepted, declined or made to another agent has no time limit any more', () => {
    const obsolete = ['cancel offer.1 (deadlineObsolete)'];
    given(offered())
      .when(agentAccepted(), AT + SECOND)
      .then({ timers: obsolete })
      .when(expiry(1), EXPIRES)
      .then({ outcome: 'superseded', changed: false, effects: [] });
    given(offered())
      .when({ type: 'agent-declined', agentId: 'anna' }, AT + SECOND)
      .then({ timers: obsolete })
      .when(expiry(1), EXPIRES)
      .then({ outcome: 'superseded', changed: false, effects: [] });
    given(offered())
      .when(agentOffered(BEN), AT + 10 * SECOND)
      .then({ timers: ['start offer.2 in PT30S', ...obsolete] })
      .when(expiry(1), EXPIRES)
      .then({ outcome: 'superseded', changed: false, effects: [] })
      .when(expiry(2), EXPIRES + 10 * SECOND)
      .then({ outcome: 'requeued', state: 'Open' });
  });

  it('is repeated without a longer time', () => {
    given(offered())
      .when(agentOffered(), AT + 10 * SECOND)
      .then({ changed: false, timers: ['start offer.1 in PT20S'] });
  });

  it('expires while its customer is away, too, whose time goes on; in persistent chat as well [R136]', () => {
    const away = lost(offered());
    given(away)
      .when(expiry(1), EXPIRES)
      .then({ state: 'Open', conversation: { disconnection: away.disconnection } });
    given(offered(persistentChat())).when(expiry(1), EXPIRES).then({ state: 'Open' });
  });

  it('that ends with its conversation has no time limit any more', () => {
    const ended = change(offered(), { type: 'customer-left' }, AT + SECOND).conversation;
    given(ended).when(expiry(1), EXPIRES).then({ outcome: 'superseded', changed: false, effects: [] });
  });

  it('has the time limit that policy says, by the state of an offer; "never" is none [R136]', () => {
    given(connectedCustomer(), { offerTimeout: 5 * MINUTE })
      .when(agentOffered(), AT)
      .then({ timers: ['start offer.1 in PT5M'] });
    given(connectedCustomer(), { offerTimeout: 'never' }).when(agentOffered(), AT).then({ timers: [] });
    const { policies, ...context } = contextAt(AT);
    const rule = { id: 'offers', when: { state: ['Offered' as const] }, set: { offerTimeout: MINUTE } };
    given(connectedCustomer())
      .when(agentOffered(), AT, { ...context, policies: { ...policies, rules: [rule] } })
      .then({ timers: ['start offer.1 in PT1M'] });
  });
});

describe('an offer of an older version, which knew no time limit', () => {
  const old = () =>
    given(connectedCustomer(), { offerTimeout: 'never' }).when(agentOffered(), AT).then({}).conversation;
  const checked: Asked = { type: 'presence-checked', presence: alive('tab-1'), agentPresent: true };

  it('has one from the next comparison on; an accepted conversation has none', () => {
    const at = AT + 10 * MINUTE;
    given(old())
      .when(checked, at)
      .then({ outcome: 'closure-began', timers: ['start offer.1 in PT30S'] })
      .when(expiry(1), at + 30 * SECOND)
      .then({ outcome: 'requeued', state: 'Open' });
    given(old(), { offerTimeout: 'never' }).when(checked, at).then({ outcome: 'agrees', changed: false });
    given(change(old(), agentAccepted(), AT + SECOND).conversation)
      .when(checked, at)
      .then({ outcome: 'agrees', changed: false });
  });
});
