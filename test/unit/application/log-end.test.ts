import { describe, expect, it } from '@jest/globals';
import type { LogFields } from '../../../shared/app/log';
import { logEnd } from '../../../shared/conversation/conversation-service';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { createActivities } from '../../../shared/deadlines/deadline-activities';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import { PACE } from '../../support/pace';
import { call, request } from '../handlers/request';
import { deadline, dependenciesOf, ID, inQueue, pastTheDeadline, type Scene, withAllowance } from './scene';

const INPUT = {
  conversationId: ID,
  kind: 'disconnection',
  number: 2,
  deadline: '2026-03-01T10:03:00.000Z',
} as const;
const LATE = 2 * SECOND;
const LINE = { conversationId: ID, kind: 'disconnection', number: 2, latenessMs: LATE };

/** The dependencies of timers and reconciliation, and the lines about ends that they log. */
function watched(made: Scene) {
  const ends: (LogFields | undefined)[] = [];
  const keep = (message: string, fields?: LogFields) => {
    if (message === 'deadline: reached') ends.push(fields);
  };
  return { ...dependenciesOf(made, { info: keep, warn: keep, error: keep, refusal: keep }), ends };
}

async function late(by: number): Promise<Scene> {
  const made = await pastTheDeadline();
  made.clock.now += by;
  return made;
}

describe('how late an absent customer was ended', () => {
  it('is logged by the timer that ends the conversation', async () => {
    const deps = watched(await late(LATE));
    await createActivities(deps).reachDeadline(INPUT);
    expect(deps.ends).toEqual([LINE]);
  });

  it('is the same when the timer runs again later, so that readers can count it once', async () => {
    const made = await late(LATE);
    const deps = watched(made);
    const { reachDeadline } = createActivities(deps);
    await reachDeadline(INPUT);
    made.clock.now += 90 * SECOND;
    await reachDeadline(INPUT);
    expect(deps.ends).toEqual([LINE, LINE]);
  });

  it('is logged by reconciliation where it acts in place of the timer, after the one allowance', async () => {
    const made = withAllowance(await late(PACE.overdueAfter + SECOND));
    const deps = watched(made);
    expect(await reconcile(deps)).toMatchObject({ expired: 0 });
    made.clock.now += MINUTE + SECOND + PACE.overdueAfter + SECOND;
    expect(await reconcile(deps)).toMatchObject({ expired: 1 });
    expect(deps.ends).toEqual([{ ...LINE, latenessMs: PACE.overdueAfter + SECOND }]);
  });

  it('is logged by the replay of a dead letter that ends the conversation', async () => {
    const made = await late(LATE);
    const failing = { conversationId: ID, kind: 'deadline-failed', code: 'dependency-failed' } as const;
    const named = { kind: 'disconnection', number: 2 } as const;
    await made.world.deadLetters.file({ ...failing, deadline: named }, made.clock.now);
    const deps = watched(made);
    const deadLetterId = `${ID}.deadline-failed.disconnection.2`;
    const services = { ...deps, conversations: () => deps.service, loggerOf: () => deps.logger };
    const answer = await call('replay-dead-letter', request({ params: { deadLetterId } }), services);
    expect(answer.status).toBe(200);
    expect(deps.ends).toEqual([LINE]);
  });

  it('is not logged where nobody was ended', async () => {
    const made = await pastTheDeadline(inQueue());
    await made.arrives('tab-b');
    const deps = watched(made);
    await createActivities(deps).reachDeadline(INPUT);
    expect(deps.ends).toEqual([]);
  });

  it('is not logged where nothing is known of the conversation', async () => {
    const deps = watched(await late(0));
    const handled = await deps.service.handle('conversation-9999', deadline(2));
    logEnd(handled, deps.logger);
    expect(handled.kind).toBe('refused');
    expect(deps.ends).toEqual([]);
  });
});
