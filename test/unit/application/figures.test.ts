import { describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import { actsOf } from '../../../shared/reconciliation/report';
import { type Figure, figuresOfChange, figuresOfRun } from '../../../shared/telemetry/figures';
import { serviceOver } from '../../support/service';
import {
  ANN,
  connected,
  deadline,
  dependenciesOf,
  disconnected,
  GRACE,
  ID,
  inConversation,
  pastTheDeadline,
  run,
  type Scene,
  withAllowance,
} from './scene';

/** Two processes over one world, whose changes are counted together, as a collector does. */
function counted(made: Scene) {
  const figures: Figure[] = [];
  const process = () =>
    serviceOver({
      ...made.world,
      now: () => made.clock.now,
      watch: { saved: (before, after) => void figures.push(...figuresOfChange(before, after)) },
    });
  const [here, there] = [process(), process()];
  return {
    figures,
    handle: (event: ConversationEvent) => here.handle(ID, event),
    elsewhere: (event: ConversationEvent) => there.handle(ID, event),
  };
}
const LOSS: Figure = { metric: 'chat.disconnect.losses', value: 1 };
const back = (value: number): Figure[] => [
  { metric: 'chat.disconnect.time_to_return', value },
  {
    metric: 'chat.disconnect.outcomes',
    value: 1,
    attributes: { 'chat.disconnect.outcome': 'reconnected' },
  },
];

describe('what is counted', () => {
  it('is a change, where it was saved: not its repetition, here or in another process [R357]', async () => {
    const made = await inConversation();
    const { figures, handle, elsewhere } = counted(made);
    made.world.lose(ID, 'tab-a');
    await handle(disconnected('tab-a'));
    await handle(disconnected('tab-a'));
    await elsewhere(disconnected('tab-a'));
    expect(figures).toEqual([LOSS]);
    made.clock.now += 7 * SECOND;
    made.world.open(ID, 'tab-b');
    await elsewhere(connected('tab-b'));
    await handle(connected('tab-b'));
    expect(figures).toEqual([LOSS, ...back(7)]);
  });

  it('is nothing that could not be saved, and counts once when its effects fail and it is repeated [R357]', async () => {
    const made = await inConversation();
    const { figures, handle } = counted(made);
    made.world.lose(ID, 'tab-a');
    made.world.fail('save');
    await expect(handle(disconnected('tab-a'))).rejects.toMatchObject({ code: 'dependency-failed' });
    expect(figures).toEqual([]);
    made.world.recover();
    made.world.fail('start-timer');
    await expect(handle(disconnected('tab-a'))).rejects.toMatchObject({ code: 'dependency-failed' });
    made.world.recover();
    await handle(disconnected('tab-a'));
    expect(figures).toEqual([LOSS]);
  });

  it('is each change of those that share a save [R357]', async () => {
    const made = await inConversation();
    const { figures, handle } = counted(made);
    made.world.lose(ID, 'tab-a');
    const first = handle({ type: 'agent-message', agentId: ANN.agentId, messageId: 'm1', text: 'Hello' });
    // These come while the first one is saved, and are saved together.
    const others = [disconnected('tab-a'), connected('tab-b'), disconnected('tab-b')].map(handle);
    await Promise.all([first, ...others]);
    expect(figures).toEqual([LOSS, ...back(0), LOSS]);
  });

  it('is the end for absence with how late it was, and what agents and outages have added before [R357]', async () => {
    const made = withAllowance(await pastTheDeadline());
    const { figures, handle } = counted(made);
    await handle({ type: 'wait-extended', agentId: ANN.agentId, by: MINUTE, key: 'a-key' });
    await handle({ type: 'wait-extended', agentId: ANN.agentId, by: MINUTE, key: 'a-key' });
    expect(figures.splice(0)).toEqual([{ metric: 'chat.disconnect.extensions', value: 1 }]);
    // Long after its deadline: something has not worked.
    made.clock.now += 5 * MINUTE;
    await handle(deadline(2));
    expect(figures.splice(0)).toEqual([
      {
        metric: 'chat.disconnect.allowances',
        value: 1,
        attributes: { 'chat.allowance.reason': 'outage' },
      },
    ]);
    made.clock.now = made.world.conversation(ID).disconnection!.deadline + 1_500;
    await handle(deadline(2));
    await handle(deadline(2));
    expect(figures).toEqual([
      { metric: 'chat.disconnect.lateness', value: 1.5 },
      { metric: 'chat.disconnect.outcomes', value: 1, attributes: { 'chat.disconnect.outcome': 'expired' } },
      {
        metric: 'chat.disconnect.ends',
        value: 1,
        attributes: { 'chat.channel': 'live-chat', 'chat.end.reason': 'customer-disconnected' },
      },
    ]);
  });
});

describe('a run of reconciliation', () => {
  it('is counted with its acts, what was due, how far it is behind, and who is away [R357]', async () => {
    const made = await pastTheDeadline();
    const waiting = await run(made);
    expect(figuresOfRun(waiting)).toContainEqual({ metric: 'chat.disconnect.running', value: 1 });
    made.clock.now += GRACE;
    const report = await reconcile(dependenciesOf(made));
    expect(actsOf(report)).toBe(1);
    expect(figuresOfRun(report)).toEqual([
      { metric: 'chat.disconnect.running', value: 1 },
      { metric: 'chat.disconnect.reconciliation.compared', value: 1 },
      { metric: 'chat.disconnect.reconciliation.due', value: 1 },
      { metric: 'chat.disconnect.reconciliation.behind', value: 0 },
      {
        metric: 'chat.disconnect.reconciliation.acts',
        value: 1,
        attributes: { 'chat.reconciliation.act': 'expired' },
      },
    ]);
  });
});
