import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Conversation } from '../../../shared/conversation/conversation';
import { storyOf } from '../../../shared/conversation/story';
import { SECOND } from '../../../shared/conversation/time';
import { type Figure, figuresOfChange, type MetricName } from '../../../shared/telemetry/figures';
import { live, lives } from '../../support/domain/lives';

/** One life: what was counted while it was lived, what its record says at last, and how often an agent was seen to extend. */
interface Lived {
  readonly figures: readonly Figure[];
  readonly record: Conversation;
  readonly extensions: number;
}

const all: Lived[] = [];
beforeAll(() => {
  for (const one of fc.sample(lives({ losses: true }), { numRuns: 500, seed: 20_261_201 })) {
    const figures: Figure[] = [];
    let extensions = 0;
    const { conversation } = live(one, ({ before, after, event, decision }) => {
      // As the service does: what was not changed is not saved.
      const isSaved = decision.kind === 'changed' || (decision.kind === 'refused' && decision.conversation);
      if (isSaved && after !== undefined) figures.push(...figuresOfChange(before, after));
      if (decision.kind === 'changed' && event.type === 'wait-extended') extensions += 1;
    });
    if (conversation !== undefined) all.push({ figures, record: conversation, extensions });
  }
});

const valuesOf = (figures: readonly Figure[], metric: MetricName, attribute?: string) =>
  figures
    .filter((one) => one.metric === metric)
    .filter(({ attributes }) => !attribute || Object.values(attributes ?? {}).includes(attribute as never))
    .map(({ value }) => value);
const count = (...given: Parameters<typeof valuesOf>) => valuesOf(...given).length;

describe('what was counted in five hundred random lives is what their records say [R357]', () => {
  const absencesOf = ({ absences = [] }: Conversation) =>
    absences.filter(({ reason }) => reason === 'connection-lost');

  it('losses, and what became of them', () => {
    for (const { figures, record } of all) {
      const absences = absencesOf(record);
      expect(count(figures, 'chat.disconnect.losses')).toBe(absences.length);
      for (const outcome of ['reconnected', 'expired', 'ended'] as const) {
        const known = absences.filter((one) => one.outcome === outcome).length;
        expect(count(figures, 'chat.disconnect.outcomes', outcome)).toBe(known);
      }
    }
    const sum = (outcome: string) =>
      all.reduce((total, { figures }) => total + count(figures, 'chat.disconnect.outcomes', outcome), 0);
    for (const outcome of ['reconnected', 'expired', 'ended']) expect(sum(outcome)).toBeGreaterThan(10);
  });

  it('how long those were away who came back, and how late the others were ended', () => {
    for (const { figures, record } of all) {
      const story = storyOf(record);
      const returned = story.flatMap((event) =>
        event.type === 'returned' && event.number > 1 ? [event.absentFor / SECOND] : [],
      );
      const late = story.flatMap((event) => (event.type === 'expired' ? [event.lateBy / SECOND] : []));
      expect(valuesOf(figures, 'chat.disconnect.time_to_return')).toEqual(returned);
      expect(valuesOf(figures, 'chat.disconnect.lateness')).toEqual(late);
    }
  });

  it('each end, once, with its reason', () => {
    for (const { figures, record } of all) {
      const reasons = figures
        .filter(({ metric }) => metric === 'chat.disconnect.ends')
        .map(({ attributes }) => attributes);
      const { end, channel } = record;
      expect(reasons).toEqual(end ? [{ 'chat.channel': channel, 'chat.end.reason': end.reason }] : []);
    }
  });

  it('how often an agent made a wait longer', () => {
    for (const { figures, extensions } of all)
      expect(count(figures, 'chat.disconnect.extensions')).toBe(extensions);
    expect(all.some(({ extensions }) => extensions > 0)).toBe(true);
  });
});
