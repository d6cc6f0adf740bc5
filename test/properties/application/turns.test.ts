import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { policies } from '../../support/domain/policies';
import { RUNS } from '../../support/domain/runs';
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
