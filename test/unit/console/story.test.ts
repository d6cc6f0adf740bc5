import { describe, expect, it } from '@jest/globals';
import { momentOfStory, type StoryEvent } from '../../../web/console/operator/story';

const at = '2026-03-01T10:02:05.000Z';
const textOf = (event: StoryEvent) => momentOfStory(event).text;

describe('the story of a conversation, to somebody who asks why it has ended', () => {
  const lost = {
    type: 'lost',
    at,
    number: 2,
    device: 'phone',
    deadline: '2026-03-01T10:05:05.000Z',
  } as const;

  it('names the rule that said how long, if it is recorded', () => {
    const by = (policy: 'grace' | 'reconnectTimeLimit', rule: string) => textOf({ ...lost, policy, rule });
    expect(by('grace', 'default')).toMatch(
      /^Connection lost \(phone\).*grace period, by the settings of the app/,
    );
    expect(by('reconnectTimeLimit', 'vip')).toContain('time limit of reconnection, by the rule vip');
    expect(textOf(lost)).not.toMatch(/rule|settings/);
  });

  it('takes nobody for lost who has not been there yet', () => {
    expect(momentOfStory({ ...lost, number: 1 })).toMatchObject({ kind: '' });
    expect(textOf({ type: 'returned', at, number: 1, absentFor: 'PT1S' })).toBe('Connected');
    expect(textOf({ type: 'returned', at, number: 2, absentFor: 'PT42S' })).toBe('Back after 0:42');
  });

  it('tells why a wait was longer, when it was over, and by how much a customer came too late', () => {
    const { deadline } = lost;
    expect(textOf({ type: 'deadline-moved', at, deadline, because: 'agent' })).toContain('waits longer');
    expect(textOf({ type: 'deadline-moved', at, deadline, because: 'outage' })).toContain('did not work');
    expect(textOf({ type: 'expired', at, lateBy: 'PT0.12S' })).toContain('0.1 s later');
    expect(textOf({ type: 'ended', at, reason: 'agent-ended', agentId: 'bob' })).toBe(
      'Ended: ended by the agent (bob)',
    );
    expect(textOf({ type: 'knocked', at, tooLateBy: 'PT54.88S' })).toContain('54.9 s too late');
  });
});
