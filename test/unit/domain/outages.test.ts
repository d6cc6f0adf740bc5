import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '../../../shared/conversation/conversation';
import { type Instant, MINUTE, SECOND, toIso } from '../../../shared/conversation/time';
import {
  accepted,
  aConversation,
  afterStart,
  alive,
  type Asked,
  change,
  connect,
  connected,
  connectedCustomer,
  contextAt,
  deadlineReached,
  disconnected,
  lost,
  NOBODY,
  pushesOf,
  runningDisconnection,
  START,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

const { deadline } = runningDisconnection(lost());
const reached = deadlineReached(2, NOBODY);
const returning: Asked = { type: 'customer-returning' };
const HOUR = 60 * MINUTE;
/** By default, with a second for a request that is under way at its end. */
const ALLOWANCE = MINUTE + SECOND;
const working = (now: Instant, workingSince: Instant, changes = {}) => ({
  ...contextAt(now, changes),
  workingSince,
});

describe('a deadline that is reached late', () => {
  const late = deadline + 3 * SECOND + 1;

  it('ends nothing yet: the customer may still come back, and the agents are told until when and why [R125]', () => {
    const given1 = given(lost())
      .when(reached, late)
      .then({
        outcome: 'not-reached',
        state: 'Active',
        notifications: ['wait-extended to agents'],
        // Reconciliation may be late for a timer that has failed.
        timers: ['start disconnection.2 in PT1M1S'],
        conversation: { disconnection: { number: 2, deadline: late + ALLOWANCE } },
      });
    expect(pushesOf(given1.decision)).toMatchObject([
      { deadline: toIso(late + ALLOWANCE), extendedBy: 'PT0S', because: 'outage', at: toIso(late) },
    ]);
  });

  it('ends once that is over, also if that is late again', () => {
    const prolonged = change(lost(), reached, late).conversation;
    given(prolonged)
      .when(reached, late + ALLOWANCE - 1)
      .then({ outcome: 'not-reached', changed: false });
    given(prolonged)
      .when(reached, late + ALLOWANCE)
      .then({ outcome: 'expired' });
    given(prolonged)
      .when(reached, late + HOUR)
      .then({ outcome: 'expired' });
  });

  it('is one as soon as it is later than timers explain', () => {
    given(lost())
      .when(reached, late - 1)
      .then({ outcome: 'expired' });
  });

  it('heals whoever is there, whatever the outage', () => {
    given(lost())
      .when(deadlineReached(2, alive('tab-9')), late)
      .then({ outcome: 'customer-present' });
  });

  it('waits no longer than the wait itself, and not at all where policy says so', () => {
    const short = { grace: 20 * SECOND };
    const [lostAt, after] = [afterStart(10), afterStart(10) + 20 * SECOND + HOUR];
    const away = given(accepted(), short).when(disconnected('tab-1', lostAt), lostAt).then({});
    away.when(reached, after).then({ conversation: { disconnection: { deadline: after + 21 * SECOND } } });
    given(lost(), { outageAllowance: 0 })
      .when(reached, deadline + HOUR)
      .then({ outcome: 'expired' });
  });

  it('is told again when it is repeated before the new deadline', () => {
    const first = given(lost()).when(reached, late).then({});
    first.when(reached, late + SECOND).then({ changed: false, notifications: ['wait-extended to agents'] });
  });

  it('leaves the news of the loss as it was', () => {
    const { conversation, decision } = given(lost()).when(reached, late).then({});
    const again = given(conversation).when(disconnected('tab-1', afterStart(10)), late + SECOND).decision;
    const [lostPush] = pushesOf(again).filter(({ type }) => type === 'connection-lost');
    expect(lostPush).toMatchObject({ deadline: toIso(deadline) });
    expect(pushesOf(decision)).not.toContainEqual(expect.objectContaining({ type: 'connection-lost' }));
  });

  it("keeps an agent's extension, and the agent's own limit of it", () => {
    const more: Asked = { type: 'wait-extended', agentId: 'anna', by: 10 * MINUTE, key: 'k1' };
    const { conversation } = given(lost()).when(reached, late).then({});
    const extended = given(conversation)
      .when(more, late + SECOND)
      .then({ outcome: 'wait-extended' });
    const [push] = pushesOf(extended.decision);
    expect(push).toMatchObject({
      because: 'agent',
      extendedBy: 'PT10M',
      deadline: toIso(late + ALLOWANCE + 10 * MINUTE),
    });
  });
});

describe('a deadline that is reached in time, after something has failed', () => {
  it('ends nothing before an allowance has passed since everything has worked again [R125]', () => {
    const since = deadline - 10 * SECOND;
    given(lost())
      .when(reached, deadline, working(deadline, since))
      .then({
        outcome: 'not-reached',
        conversation: { disconnection: { deadline: since + ALLOWANCE } },
        notifications: ['wait-extended to agents'],
      });
    given(lost())
      .when(reached, deadline, working(deadline, deadline - ALLOWANCE))
      .then({ outcome: 'expired' });
  });

  it(`gives another allowance for another failure, ${LIMITS.outagesInARow} in all`, () => {
    let conversation = lost();
    let now = deadline;
    for (let outage = 1; outage <= LIMITS.outagesInARow; outage += 1) {
      ({ conversation } = given(conversation)
        .when(reached, now, working(now, now))
        .then({ outcome: 'not-reached' }));
      now += ALLOWANCE;
    }
    given(conversation).when(reached, now, working(now, now)).then({ outcome: 'expired' });
  });
});

describe("the agent's deadline", () => {
  const agentReached: Asked = {
    type: 'deadline-reached',
    kind: 'agent-disconnection',
    number: 1,
    agentPresent: false,
  };
  const AT = afterStart(30);
  const away = () => change(accepted(), { type: 'agent-disconnected', agentId: 'anna' }, AT).conversation;
  const late = AT + MINUTE + 10 * SECOND;

  it('takes nothing from an agent after an outage before it could come back [R126]', () => {
    const longer = given(away())
      .when(agentReached, late)
      .then({
        outcome: 'not-reached',
        state: 'Active',
        notifications: ['agent-connection-lost to agents'],
        conversation: { agentDisconnection: { deadline: late + ALLOWANCE } },
      });
    expect(pushesOf(longer.decision)).toMatchObject([{ deadline: toIso(late + ALLOWANCE), at: toIso(late) }]);
    longer.when(agentReached, late + ALLOWANCE).then({ outcome: 'requeued', state: 'Open' });
    longer
      .when({ type: 'agent-connected', agentId: 'anna', connectionId: 'desk-2' }, late + SECOND)
      .then({ outcome: 'agent-present', without: ['agentDisconnection'] });
  });

  it('is told again when it is repeated', () => {
    const longer = given(away()).when(agentReached, late).then({});
    longer
      .when(agentReached, late + SECOND)
      .then({ changed: false, notifications: ['agent-connection-lost to agents'] });
  });
});

describe('an automatic closure of somebody who is away', () => {
  const policy = { grace: HOUR, openAutoClose: 10 * MINUTE };
  const closes: Asked = { type: 'deadline-reached', kind: 'auto-close', number: 1, presence: NOBODY };
  const lostAt = afterStart(10);
  const away = () =>
    given(connectedCustomer(), policy).when(disconnected('tab-1', lostAt), lostAt).then({}).conversation;
  const due = away().autoClosure?.deadline ?? Number.NaN;

  it('waits after an outage, too', () => {
    const late = due + 5 * SECOND;
    given(away(), policy)
      .when(closes, late)
      .then({
        outcome: 'not-reached',
        conversation: {
          autoClosure: { deadline: late + ALLOWANCE },
          disconnection: { deadline: lostAt + HOUR },
        },
      })
      .when(closes, late + ALLOWANCE)
      .then({ outcome: 'auto-closed' });
    given(away(), policy).when(closes, due).then({ outcome: 'auto-closed' });
  });
});

describe('a customer whose return has begun', () => {
  const just = deadline - SECOND;

  it.each([
    ['a request for a socket', returning],
    ['a socket that asks to open', connect()],
  ])('is not ended before its socket can be open: %s [R127]', (_name, event) => {
    const waited = given(lost())
      .when(event, just)
      .then({
        outcome: 'admitted',
        // Whether it can be told or not, the customer is let in.
        effects: ['list'],
        timers: [],
        conversation: { disconnection: { number: 2, deadline: just + 10 * SECOND } },
      });
    waited.when(reached, deadline).then({ outcome: 'not-reached', changed: false });
    waited.when(reached, just + 10 * SECOND).then({ outcome: 'expired' });
    waited
      .when(connected('tab-2', just + SECOND), just + SECOND)
      .then({ outcome: 'connected', without: ['disconnection'] });
  });

  it('changes nothing while there is time enough, for somebody who is there, and after the end', () => {
    given(lost())
      .when(returning, deadline - 10 * SECOND)
      .then({ outcome: 'admitted', changed: false, effects: [] });
    given(accepted()).when(returning, just).then({ outcome: 'admitted', changed: false });
    const ended = change(lost(), reached, deadline).conversation;
    given(ended)
      .when(returning, deadline + SECOND)
      .then({ outcome: 'conversation-ended' });
  });

  it('has the new end in the work list, also when only the repeated request writes it', () => {
    const { conversation } = given(lost()).when(returning, just).then({ changed: true });
    const { decision } = given(conversation).when(returning, just).then({ changed: false });
    expect(decision).toMatchObject({
      effects: expect.arrayContaining([{ type: 'update-work-list', conversation }]) as unknown,
    });
  });

  it('is not closed away either, when that comes first [R127]', () => {
    const policy = { grace: HOUR, openAutoClose: 10 * MINUTE };
    const lostAt = afterStart(10);
    const away = given(connectedCustomer(), policy).when(disconnected('tab-1', lostAt), lostAt).then({});
    const due = away.conversation.autoClosure?.deadline ?? Number.NaN;
    const closes: Asked = { type: 'deadline-reached', kind: 'auto-close', number: 1, presence: NOBODY };
    away
      .when(returning, due - SECOND)
      .then({ conversation: { autoClosure: { deadline: due + 9 * SECOND } } })
      .when(closes, due)
      .then({ outcome: 'not-reached' });
  });

  it('puts nothing off where the chat is closed whether somebody is there or not', () => {
    const policy = { grace: HOUR, openAutoClose: 10 * MINUTE, openAutoCloseWhileConnected: true };
    const lostAt = afterStart(10);
    const away = given(connectedCustomer(), policy).when(disconnected('tab-1', lostAt), lostAt).then({});
    const due = away.conversation.autoClosure?.deadline ?? Number.NaN;
    away.when(returning, due - SECOND).then({ outcome: 'admitted', changed: false, effects: [] });
  });

  it('is waited for in its first connection, too', () => {
    const { deadline: first } = runningDisconnection(aConversation());
    given(aConversation())
      .when(connect(), first - SECOND)
      .then({ conversation: { disconnection: { number: 1, deadline: first + 9 * SECOND } } });
    expect(first).toBe(START + 3 * MINUTE);
  });

  it(`is waited for ${LIMITS.returnsInARow} times, and then no longer`, () => {
    let conversation = lost();
    let now = just;
    for (let count = 1; count <= LIMITS.returnsInARow; count += 1) {
      ({ conversation } = given(conversation).when(returning, now).then({ changed: true }));
      now += 9 * SECOND;
    }
    given(conversation).when(returning, now).then({ changed: false });
    given(conversation)
      .when(reached, now + SECOND)
      .then({ outcome: 'expired' });
  });
});
