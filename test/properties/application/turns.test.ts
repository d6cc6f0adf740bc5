import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeConversation, encodeConversation } from '../../../shared/conversation/conversation-table';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { policies } from '../../support/domain/policies';
import { RUNS } from '../../support/domain/runs';
import { serviceOver } from '../../support/service';
import {
  accepted,
  agentClosed,
  agentEnded,
  ANN,
  BOB,
  connect,
  connected,
  deadline,
  disconnected,
  GRACE,
  ID,
  left,
  message,
  offered,
  scene,
} from '../../unit/application/scene';
import { asRead } from '../../unit/storage/samples';

/** Events that may come in the same moment; the service lists these sockets all along. */
const POOL: readonly ConversationEvent[] = [
  connect,
  ...['tab-a', 'tab-b', 'tab-c'].flatMap((tab) => [
    connected(tab),
    disconnected(tab),
    message(`m-${tab}`, tab),
  ]),
  offered(BOB),
  accepted(ANN),
  accepted(BOB),
  { type: 'agent-released', agentId: ANN.agentId },
  { type: 'agent-message', agentId: ANN.agentId, messageId: 'a1', text: 'Hello' },
  { type: 'agent-disconnected', agentId: ANN.agentId },
  { type: 'presence-checked' },
  agentEnded,
  agentClosed,
  left,
  deadline(2),
];

const bursts = fc.array(fc.array(fc.constantFrom(...POOL), { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 4,
});

async function live(
  isAtOnce: boolean,
  all: readonly (readonly ConversationEvent[])[],
  news: number,
  open: string[],
) {
  const made = scene();
  made.world.operatorSettings = { policies: policies({ grace: GRACE, lossNewsAfter: news }), messages: [] };
  await made.arrives('tab-a');
  for (const tab of open) made.world.open(ID, tab);
  const answers: string[] = [];
  const take = async (event: ConversationEvent) => {
    const handled = await made.handle(event);
    return handled.kind === 'accepted' ? handled.outcome.type : handled.refusal.code;
  };
  for (const events of all) {
    if (isAtOnce) answers.push(...(await Promise.all(events.map(take))));
    else for (const event of events) answers.push(await take(event));
    made.clock.now += 500;
  }
  const { world } = made;
  return {
    answers,
    conversation: world.conversation(ID),
    entries: world.entriesOf(ID),
    listed: world.listed.get(ID),
    told: [...world.told].sort(),
  };
}

/** Each event in one of two processes; or in one that has just started, and so has to read. */
async function livesOf(
  processes: 'two' | 'new ones',
  story: readonly (readonly [ConversationEvent, boolean])[],
  news: number,
  open: readonly string[],
) {
  const made = scene();
  made.world.operatorSettings = { policies: policies({ grace: GRACE, lossNewsAfter: news }), messages: [] };
  await made.arrives('tab-a');
  for (const tab of open) made.world.open(ID, tab);
  const answers: string[] = [];
  for (const [event, isElsewhere] of story) {
    const fresh = serviceOver({ ...made.world, now: () => made.clock.now });
    const handle = isElsewhere ? made.elsewhere : made.handle;
    const handled = await (processes === 'two' ? handle(event) : fresh.handle(ID, event));
    answers.push(handled.kind === 'accepted' ? handled.outcome.type : handled.refusal.code);
    made.clock.now += 500;
    // What is kept is what would be read.
    const kept = made.world.conversation(ID);
    expect(decodeConversation(asRead(encodeConversation(kept)))).toStrictEqual(kept);
  }
  const { world } = made;
  return {
    answers,
    conversation: world.conversation(ID),
    entries: world.entriesOf(ID),
    listed: world.listed.get(ID),
    timers: world.timerList,
    held: await world.ledger.everyAgent(),
    told: [...world.told].sort(),
  };
}

const story = fc.array(fc.tuple(fc.constantFrom(...POOL), fc.boolean()), { minLength: 1, maxLength: 30 });

test('what two processes have kept of their saves changes nothing: all is as if each event had been read for [R310]', () =>
  fc.assert(
    fc.asyncProperty(
      story,
      fc.constantFrom(0, 2_000),
      fc.subarray(['tab-b', 'tab-c']),
      async (events, news, open) => {
        const kept = await livesOf('two', events, news, open);
        expect(kept).toEqual(await livesOf('new ones', events, news, open));
      },
    ),
    RUNS,
  ));

test('what comes at once ends as if it had come one by one: answers, record, transcript, list and news [R161]', () =>
  fc.assert(
    fc.asyncProperty(
      bursts,
      fc.constantFrom(0, 2_000),
      fc.subarray(['tab-b', 'tab-c']),
      async (all, news, open) => {
        expect(await live(true, all, news, open)).toEqual(await live(false, all, news, open));
      },
    ),
    RUNS,
  ));
