import { describe, expect, it } from '@jest/globals';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import {
  agentAccepted,
  agentOffered,
  afterStart,
  BEN,
  change,
  connectedCustomer,
  decideAt,
  offered,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

/** The desk's HTTP works and its socket does not, or an offer goes to somebody who is not there at all. */

const AT = afterStart(5);
const absent = { agentPresent: false } as const;
const reached = (number: number) =>
  ({ type: 'deadline-reached', kind: 'agent-disconnection', number, agentPresent: false }) as const;

describe('an agent without a socket', () => {
  it.each([
    ['accepts', connectedCustomer, agentAccepted],
    ['is offered a conversation', connectedCustomer, agentOffered],
    ['accepts its offer', () => offered(), agentAccepted],
  ])('who %s is asked for at once, and has its grace from then on [R137]', (_what, before, event) => {
    const { agentPresent: _asked, ...unasked } = event();
    expect(decideAt(before(), unasked, AT)).toEqual({ kind: 'agent-presence-needed', agentId: 'anna' });
    given(before())
      .when({ ...event(), ...absent }, AT)
      .then({
        outcome: 'assigned',
        state: 'Active',
        conversation: {
          agentDisconnection: { number: 1, agentId: 'anna', since: AT, deadline: AT + MINUTE },
        },
      })
      .when({ ...event(), ...absent }, AT + SECOND)
      .then({
        changed: false,
        notifications: expect.arrayContaining(['agent-connection-lost to agents']) as never,
        timers: expect.arrayContaining(['start agent-disconnection.1 in PT59S']) as never,
      })
      .when(reached(1), AT + MINUTE)
      .then({ outcome: 'requeued', state: 'Open', without: ['capacityHold'] });
  });

  it('keeps the conversation when a socket opens in time [R137]', () => {
    given(connectedCustomer())
      .when({ ...agentAccepted(), ...absent }, AT)
      .then({})
      .when({ type: 'agent-connected', agentId: 'anna', connectionId: 'desk-1' }, AT + SECOND)
      .then({ state: 'Active', without: ['agentDisconnection'] });
  });

  it('has no second grace for accepting what it was offered', () => {
    const offer = change(connectedCustomer(), { ...agentOffered(), ...absent }, AT).conversation;
    given(offer)
      .when({ ...agentAccepted(), ...absent }, AT + 20 * SECOND)
      .then({ conversation: { agentDisconnection: { number: 1, deadline: AT + MINUTE } } });
    given(offer)
      .when({ ...agentOffered(BEN), ...absent }, AT + 20 * SECOND)
      .then({ conversation: { agentDisconnection: { number: 2, agentId: 'ben', since: AT + 20 * SECOND } } });
    given(offer)
      .when(agentOffered(BEN), AT + 20 * SECOND)
      .then({ without: ['agentDisconnection'] });
  });

  it('is no news for one who has a socket', () => {
    given(connectedCustomer())
      .when(agentAccepted(), AT)
      .then({ without: ['agentDisconnection'], timers: [] });
  });
});
