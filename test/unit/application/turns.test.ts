import { describe, expect, it } from '@jest/globals';
import { ContentionError, RecordTooLargeError } from '../../../shared/app/errors';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { serviceOver } from '../../support/service';
import {
  accepted,
  ANN,
  connected,
  disconnected,
  ID,
  inConversation,
  inQueue,
  message,
  quiet,
  type Scene,
} from './scene';

/** Events of one conversation that come to one process at once. */
const atOnce = (made: Scene, ...events: readonly ConversationEvent[]) =>
  Promise.all(
    events.map((event) =>
      made.handle(event).then(
        (handled) => (handled.kind === 'accepted' ? handled.outcome.type : handled.refusal.code),
        (thrown: Error & { code?: string }) => thrown.code,
      ),
    ),
  );
const count = ({ world }: Scene, entry: string) => world.log.filter((logged) => logged === entry).length;
const tabs = (length: number) => Array.from({ length }, (_, index) => `tab-${index + 1}`);

async function withTabs(length: number): Promise<Scene> {
  const made = await inQueue();
  for (const tab of tabs(length - 1)) await made.arrives(tab);
  return quiet(made);
}

describe('events of one conversation that come to one process at once', () => {
  it('are decided in order, and each has its own answer [R161]', async () => {
    const made = await inQueue();
    expect(
      await atOnce(made, accepted(), message('m1'), { type: 'agent-ended', agentId: ANN.agentId }),
    ).toEqual(['assigned', 'message-stored', 'ended']);
    expect(made.world.entriesOf(ID).map(({ kind }) => kind)).toEqual(['notice', 'message', 'notice']);
  });

  it('share loads, saves and questions, and none meets another at its save [R161]', async () => {
    const made = await withTabs(20);
    made.world.socketsOf(ID).clear();
    await atOnce(made, ...['tab-a', ...tabs(19)].map((tab) => disconnected(tab)));
    expect(made.world.conversation(ID)).toMatchObject({ disconnectionCount: 2, liveConnectionIds: [] });
    expect(count(made, 'conflict')).toBe(0);
    expect(count(made, 'presence')).toBe(1);
    expect(count(made, 'load') + count(made, 'save')).toBeLessThanOrEqual(4);
    expect(count(made, 'start-timer')).toBe(1);
  });

  it('are answered only when what they have in common is saved [R161]', async () => {
    const made = await inConversation();
    made.world.fail('save');
    const failed = await atOnce(made, message('m1'), message('m2'), message('m3'));
    expect(failed).toEqual(Array.from(failed, () => 'dependency-failed'));
    expect(made.world.entriesOf(ID).filter(({ kind }) => kind === 'message')).toEqual([]);
    made.world.recover();
    expect(await atOnce(made, message('m1'), message('m2'), message('m3'))).toEqual(
      Array.from(failed, () => 'message-stored'),
    );
  });

  it('do not share the failure of one: neither a refusal, nor a question, nor an effect [R161]', async () => {
    const made = await inConversation();
    made.world.fail('reserve-capacity');
    made.world.fail('cancel-timer');
    made.world.lose(ID, 'tab-a');
    const outcomes = await atOnce(
      made,
      message('m1'),
      disconnected('tab-a'),
      { type: 'agent-released', agentId: ANN.agentId },
      { type: 'agent-offered', agentId: 'bob', agentName: 'Bob' },
      connected('tab-b'),
      { type: 'agent-message', agentId: 'nobody', messageId: 'm2', text: 'Hello' },
    );
    expect(outcomes).toEqual([
      'message-stored',
      'disconnection-began',
      'queued',
      'dependency-failed',
      'dependency-failed',
      'not-assigned-to-you',
    ]);
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Open', liveConnectionIds: ['tab-b'] });
  });

  it('are each alone when they are too much for the record together [R161]', async () => {
    const made = await inConversation();
    const { store } = made.world;
    const save: typeof store.save = async (change) => {
      if (change.entries.some((entry) => entry.kind === 'message' && entry.messageId === 'heavy'))
        throw new RecordTooLargeError(`${ID}/conversation`, 'too long');
      return store.save(change);
    };
    const service = serviceOver({ ...made.world, now: () => made.clock.now, store: { ...store, save } });
    const other = { ...made, handle: (event: ConversationEvent) => service.handle(ID, event) };
    expect(await atOnce(other, message('m1'), message('heavy'), connected('tab-b'), message('m2'))).toEqual([
      'message-stored',
      'record-too-large',
      'connected',
      'message-stored',
    ]);
  });

  it('leave the row that the last of them has made [R161]', async () => {
    const made = await inQueue();
    await atOnce(
      made,
      message('m1'),
      accepted(),
      { type: 'agent-released', agentId: ANN.agentId },
      accepted(),
    );
    expect(made.world.listed.get(ID)).toMatchObject({ state: 'Active', accepted: true });
    expect(count(made, 'put-work-list')).toBe(1);
  });

  it('ask for another version than the one that one before them has made [R161]', async () => {
    const made = await inQueue();
    const seen = (await made.world.store.load(ID))!.etag;
    const [, , late] = await Promise.all([
      made.handle(message('m1')),
      made.handle(message('m2')),
      made.service.handle(ID, accepted(), seen),
    ]);
    expect(late).toMatchObject({ refusal: { code: 'precondition-failed' } });
  });

  it('wait in bounded number: what comes on top is to come again [R161]', async () => {
    const made = await inConversation();
    const results = await Promise.allSettled(
      Array.from({ length: 500 }, (_, index) => made.handle(connected('tab-a', index))),
    );
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(99);
    expect(refused.every((thrown) => thrown instanceof ContentionError && thrown.retryable)).toBe(true);
    // And it goes on.
    expect(await atOnce(made, message('m1'))).toEqual(['message-stored']);
  });
});
