import { describe, expect, it } from '@jest/globals';
import { RecordTooLargeError } from '../../../shared/app/errors';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { SECOND } from '../../../shared/conversation/time';
import { serviceOver } from '../../support/service';
import {
  accepted,
  agentClosed,
  agentEnded,
  ANN,
  BOB,
  connected,
  disconnected,
  GRACE,
  ID,
  inConversation,
  inQueue,
  message,
  quiet,
  type Scene,
} from './scene';

const STORAGE: readonly string[] = ['load', 'save', 'conflict', 'save fails', 'load fails'];

/** What the storage is asked for an event: reads and saves, in order. */
async function asked(made: Scene, event: ConversationEvent): Promise<readonly string[]> {
  quiet(made);
  await made.handle(event).catch(() => undefined);
  return made.world.log.filter((entry) => STORAGE.includes(entry));
}

describe('a conversation that this process has saved last', () => {
  it('is not read for what changes it [R310]', async () => {
    const made = await inConversation();
    for (const event of [
      message('m1'),
      message('m2'),
      disconnected('tab-a'),
      connected('tab-b'),
      { type: 'agent-message', agentId: ANN.agentId, messageId: 'a1', text: 'Hello' } as const,
      agentEnded,
    ])
      expect(await asked(made, event)).toEqual(['save']);
  });

  it('is read for a repetition, for what is refused, and before anybody is asked [R310]', async () => {
    const made = await inConversation();
    expect(await asked(made, message('m1'))).toEqual(['save']);
    expect(await asked(made, message('m1'))).toEqual(['load']);
    expect(await asked(made, { type: 'agent-released', agentId: BOB.agentId })).toEqual(['load']);
    await made.handle({ type: 'agent-released', agentId: ANN.agentId });
    quiet(made);
    await made.handle(accepted(BOB));
    const order = made.world.log.filter((entry) =>
      [...STORAGE, 'agent-presence', 'reserve-capacity'].includes(entry),
    );
    expect(order).toEqual(['load', 'agent-presence', 'reserve-capacity', 'save']);
  });

  it('is read at a deadline and for a comparison, which asks the service once [R310]', async () => {
    const made = await inConversation();
    expect(await asked(made, { type: 'presence-checked' })).toEqual(['load']);
    expect(made.world.log.filter((entry) => entry === 'presence')).toHaveLength(1);
    made.world.lose(ID, 'tab-a');
    await made.handle(disconnected('tab-a'));
    made.clock.now += GRACE;
    const deadline = { type: 'deadline-reached', kind: 'disconnection', number: 2 } as const;
    expect(await asked(made, deadline)).toEqual(['load', 'save']);
    expect(made.world.conversation(ID).state).toBe('WrapUp');
  });

  it('is read once it was closed: it is not kept [R310]', async () => {
    const made = await inConversation();
    await made.handle(agentEnded);
    await made.handle(agentClosed);
    expect(made.world.conversation(ID).state).toBe('Closed');
    expect(await asked(made, message('m1'))).toEqual(['load']);
  });

  it('is read when the clock was set since the storage was asked [R311]', async () => {
    const made = await inQueue();
    const clock = { error: 0, ahead: made.clock.now - performance.now() };
    const service = serviceOver({ ...made.world, now: () => made.clock.now, clock });
    const other = { ...made, handle: (event: ConversationEvent) => service.handle(ID, event) };
    await other.handle(message('m1'));
    made.clock.now += 0.5 * SECOND;
    expect(await asked(other, message('m2'))).toEqual(['save']);
    made.clock.now += 2 * SECOND;
    expect(await asked(other, message('m3'))).toEqual(['load', 'save']);
    made.clock.now -= 5 * SECOND;
    expect(await asked(other, message('m4'))).toEqual(['load', 'save']);
  });

  it('is read as long as nobody has compared the clock [R311]', async () => {
    const made = await inQueue();
    const clock = { error: 0, ahead: undefined };
    const service = serviceOver({ ...made.world, now: () => made.clock.now, clock });
    const other = { ...made, handle: (event: ConversationEvent) => service.handle(ID, event) };
    await other.handle(message('m1'));
    expect(await asked(other, message('m2'))).toEqual(['load', 'save']);
  });

  it('is read after a save of which nobody knows whether it was stored [R310]', async () => {
    const made = await inConversation();
    made.world.crashAfterNextSave();
    expect(await asked(made, message('m1'))).toEqual(['save']);
    expect(await asked(made, message('m1'))).toEqual(['load']);
    expect(made.world.entriesOf(ID).filter(({ kind }) => kind === 'message')).toHaveLength(1);
    await made.handle(message('m2'));
    made.world.fail('save', 1);
    expect(await asked(made, message('m3'))).toEqual(['save fails']);
    expect(await asked(made, message('m3'))).toEqual(['load', 'save']);
  });
});

describe('a conversation that another process has changed since this one saved it', () => {
  it('is read, and decided as it is stored, whatever it looked like before [R310]', async () => {
    const made = await inConversation();
    expect(await made.elsewhere(agentEnded)).toMatchObject({ kind: 'accepted' });
    expect(await asked(made, message('m1'))).toEqual(['conflict', 'load']);
    expect(made.world.entriesOf(ID).filter(({ kind }) => kind === 'message')).toEqual([]);
  });

  it('has the same message once, though both processes get it [R310]', async () => {
    const made = await inConversation();
    await made.elsewhere(message('m1'));
    expect(await asked(made, message('m1'))).toEqual(['conflict', 'load']);
    expect(made.world.entriesOf(ID).filter(({ kind }) => kind === 'message')).toHaveLength(1);
  });

  it('is read before it is called full: what is stored may have room [R341]', async () => {
    const made = await inConversation();
    const { store } = made.world;
    // The record of a tab has no room for a message; what another process has made of it has.
    const save: typeof store.save = async (change) => {
      const tabs: readonly string[] = change.after.liveConnectionIds;
      if (tabs.includes('tab-b') && change.entries.length > 0)
        throw new RecordTooLargeError(`${ID}/conversation`, 'too long');
      return store.save(change);
    };
    const service = serviceOver({ ...made.world, now: () => made.clock.now, store: { ...store, save } });
    const other = { ...made, handle: (event: ConversationEvent) => service.handle(ID, event) };
    await other.handle(connected('tab-b'));
    await made.handle(disconnected('tab-b'));
    expect(await asked(other, message('m1'))).toEqual(['load', 'save']);
    expect(made.world.entriesOf(ID).filter(({ kind }) => kind === 'message')).toHaveLength(1);
  });

  it('answers what was asked on the newest version, though this process has kept an older one [R310]', async () => {
    const made = await inConversation();
    const handled = await made.elsewhere(message('m1'));
    const etag = handled.kind === 'accepted' ? handled.etag : '';
    expect(await made.service.handle(ID, agentEnded, etag)).toMatchObject({ outcome: { type: 'ended' } });
  });

  it('is read when the service does not answer a question that only its older state asks [R310]', async () => {
    const made = await inConversation();
    await made.arrives('tab-b');
    await made.elsewhere(disconnected('tab-b'));
    made.world.fail('presence');
    await made.handle(message('m1'));
    await made.elsewhere(message('m2'));
    const handled = await made.handle(disconnected('tab-a'));
    expect(handled).toMatchObject({ outcome: { type: 'disconnection-began' } });
  });
});
