import { describe, expect, it } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { agentConnected, agentDisconnected } from '../../../shared/web-pubsub/agent-sockets-service';
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
  const deps = { service, ...world };
  const sockets = {
    connected: (agentId: string, connectionId: string) => agentConnected(agentId, connectionId, deps),
    disconnected: (agentId: string) => agentDisconnected(agentId, deps),
  };
  return { ...made, sockets };
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

  it('is not the last one while the service knows of another [R109]', async () => {
    const { world, sockets } = await atTheDesk();
    world.log.length = 0;
    await sockets.disconnected('ann');
    expect(world.log).toEqual(['agent-presence']);
    for (const id of [ID, OTHER]) expect(world.conversation(id).agentDisconnection).toBeUndefined();
  });

  it('concerns nobody else: an agent without conversations is missed by none', async () => {
    const { world, sockets } = await atTheDesk();
    world.absentAgents.add('bob');
    world.log.length = 0;
    await sockets.disconnected('bob');
    expect(world.log).toEqual(['agent-presence']);
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

  it('that one conversation cannot hear of fails, reaches the others, and repeated it reaches all of them once', async () => {
    const { world, sockets } = await atTheDesk();
    world.absentAgents.add('ann');
    world.fail('save', 1);
    await expect(sockets.disconnected('ann')).rejects.toThrow(DependencyError);
    const reached = [ID, OTHER].filter((id) => world.conversation(id).agentDisconnection !== undefined);
    expect(reached).toHaveLength(1);
    await sockets.disconnected('ann');
    for (const id of [ID, OTHER]) expect(world.conversation(id).agentDisconnectionCount).toBe(1);
  });
});
