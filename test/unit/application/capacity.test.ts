import { describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { serviceOver } from '../../support/service';
import { accepted, agentEnded, ANN, BOB, ID, inConversation, inQueue, type Scene } from './scene';

/** Units held, by agent: what the ledger says. */
const held = (made: Scene, agentId: string) =>
  made.world.ledger
    .load(agentId)
    .holdings.map(({ conversationId, assignment }) => `${conversationId} ${assignment}`);

describe('the capacity of agents who accept', () => {
  it('is held once when the same agent accepts twice at once', async () => {
    const made = await inQueue();
    const answers = await Promise.all([made.handle(accepted(ANN)), made.handle(accepted(ANN))]);
    expect(answers).toMatchObject([{ outcome: { type: 'assigned' } }, { outcome: { type: 'assigned' } }]);
    expect(held(made, 'ann')).toEqual([`${ID} 1`]);
    expect(made.world.conversation(ID).capacityHold).toMatchObject({ agentId: 'ann', assignment: 1 });
  });

  it('is held by the winner alone when two agents accept at once', async () => {
    const made = await inQueue();
    await Promise.all([made.handle(accepted(ANN)), made.handle(accepted(BOB))]);
    const winner = made.world.conversation(ID).agent!.id;
    expect(held(made, winner)).toEqual([`${ID} 1`]);
    expect(held(made, winner === 'ann' ? 'bob' : 'ann')).toEqual([]);
  });

  it('is kept when the save got through, but its answer says that somebody was faster', async () => {
    const made = await inQueue();
    const { world } = made;
    let lies = 1;
    const store: typeof world.store = {
      ...world.store,
      save: async (change) => {
        const saved = await world.store.save(change);
        return (lies -= 1) >= 0 ? 'conflict' : saved;
      },
    };
    const service = serviceOver({ ...world, store, now: () => made.clock.now });
    expect(await service.handle(ID, accepted(ANN))).toMatchObject({ outcome: { type: 'assigned' } });
    expect(held(made, 'ann')).toEqual([`${ID} 1`]);
  });

  it('that is full refuses them, and nothing is stored', async () => {
    const made = await inQueue();
    await made.world.capacity.setTotal('ann', 10);
    made.world.log.length = 0;
    expect(await made.handle(accepted(ANN))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'agent-at-capacity' },
    });
    expect(made.world.log).toEqual(['load', 'agent-presence', 'reserve-capacity']);
    expect(made.world.conversation(ID).state).toBe('Open');
    expect(held(made, 'ann')).toEqual([]);
  });
});

describe('capacity that was reserved for an assignment', () => {
  it('that somebody else gets first is given back', async () => {
    const made = await inQueue();
    const { world } = made;
    let faster: Promise<unknown> | undefined;
    world.gate = async (operation) => {
      if (operation !== 'save' || faster !== undefined) return;
      expect(held(made, 'ann')).toEqual([`${ID} 1`]);
      faster = made.elsewhere(accepted(BOB));
      await faster;
    };
    expect(await made.handle(accepted(ANN))).toMatchObject({
      refusal: { code: 'assigned-to-other-agent' },
    });
    expect(held(made, 'ann')).toEqual([]);
    expect(held(made, 'bob')).toEqual([`${ID} 1`]);
  });

  it('is given back when the customer leaves first', async () => {
    const made = await inQueue();
    let leaving: Promise<unknown> | undefined;
    made.world.gate = async (operation) => {
      if (operation !== 'save' || leaving !== undefined) return;
      leaving = made.elsewhere({ type: 'customer-left' });
      await leaving;
    };
    expect(await made.handle(accepted(ANN))).toMatchObject({ refusal: { code: 'conversation-ended' } });
    expect(held(made, 'ann')).toEqual([]);
  });
});

describe('If-Match', () => {
  it('refuses what was meant for another version, and changes nothing', async () => {
    const made = await inQueue();
    const seen = (await made.world.store.load(ID))!.etag;
    made.world.touch(ID);
    expect(await made.service.handle(ID, accepted(ANN), seen)).toMatchObject({
      refusal: { code: 'precondition-failed' },
    });
    expect(made.world.conversation(ID).state).toBe('Open');
    const current = (await made.world.store.load(ID))!.etag;
    expect(await made.service.handle(ID, accepted(ANN), current)).toMatchObject({ kind: 'accepted' });
  });

  it.each<[string, ConversationEvent, 'accepted' | 'refused']>([
    ['an accept', accepted(ANN), 'accepted'],
    ['an end', agentEnded, 'refused'],
  ])(
    'does not keep the repetition of %s from telling what it has changed itself',
    async (_what, event, kind) => {
      const made = event === agentEnded ? await inConversation() : await inQueue();
      made.world.told.clear();
      const seen = (await made.world.store.load(ID))!.etag;
      made.world.fail('push');
      await expect(made.service.handle(ID, event, seen)).rejects.toThrow();
      made.world.recover();
      expect(made.world.told.size).toBe(0);
      expect(await made.service.handle(ID, event, seen)).toMatchObject({ kind });
      expect([...made.world.told].join()).toMatch(/assigned|conversation-ended/);
    },
  );

  it('still refuses what an earlier refusal would have refused anyhow', async () => {
    const made = await inQueue();
    const seen = (await made.world.store.load(ID))!.etag;
    made.world.touch(ID);
    expect(await made.service.handle(ID, agentEnded, seen)).toMatchObject({
      refusal: { code: 'precondition-failed' },
    });
  });

  it('is held against what is stored at every attempt: a change during the first one refuses the next', async () => {
    const made = await inQueue();
    const seen = (await made.world.store.load(ID))!.etag;
    let touched = false;
    made.world.gate = (operation) => {
      if (operation === 'save' && !touched) made.world.touch(ID);
      touched ||= operation === 'save';
    };
    expect(await made.service.handle(ID, accepted(ANN), seen)).toMatchObject({
      refusal: { code: 'precondition-failed' },
    });
    expect(made.world.conversation(ID).state).toBe('Open');
  });
});
