import { describe, expect, it } from '@jest/globals';
import { createAgentSockets } from '../../../shared/application/agent-sockets';
import { DependencyError } from '../../../shared/errors';
import { accepted, ANN, connect, connected, ID, scene } from './scene';

const OTHER = 'conversation-0002';

/** Ann has accepted two conversations. */
async function atTheDesk() {
  const made = scene();
  const { service, world } = made;
  for (const id of [ID, OTHER]) {
    await service.handle(id, { ...connect, conversationId: id } as typeof connect);
    world.open(id, 'tab-a');
    await service.handle(id, connected('tab-a'));
    await service.handle(id, accepted(ANN));
  }
  return { ...made, sockets: createAgentSockets({ service, ...world }) };
}

describe('the last socket of an agent', () => {
  it('is missed by all conversations of the agent', async () => {
    const { world, sockets } = await atTheDesk();
    world.absentAgents.add('ann');
    await sockets.disconnected('ann');
    for (const id of [ID, OTHER]) {
      expect(world.conversation(id).agentDisconnection).toMatchObject({ number: 1, agentId: 'ann' });
    }
  });

  it('is not the last one while the service knows of another', async () => {
    const { world, sockets } = await atTheDesk();
    await sockets.disconnected('ann');
    expect(world.conversation(ID).agentDisconnection).toBeUndefined();
  });

  it('that is back ends the disconnection everywhere', async () => {
    const { world, sockets } = await atTheDesk();
    world.absentAgents.add('ann');
    await sockets.disconnected('ann');
    await sockets.connected('ann', 'desk-2');
    for (const id of [ID, OTHER]) {
      expect(world.conversation(id)).toMatchObject({
        lastAgentDisconnection: { outcome: 'returned', reconnectedBy: 'desk-2' },
      });
      expect(world.conversation(id).agentDisconnection).toBeUndefined();
    }
  });

  it('is reported again after a failure, and by then every conversation has heard of it once', async () => {
    const { world, sockets } = await atTheDesk();
    world.absentAgents.add('ann');
    world.fail('save', 1);
    await expect(sockets.disconnected('ann')).rejects.toThrow(DependencyError);
    await sockets.disconnected('ann');
    for (const id of [ID, OTHER]) expect(world.conversation(id).agentDisconnectionCount).toBe(1);
  });
});
