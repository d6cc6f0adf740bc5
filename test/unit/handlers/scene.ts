import { jest } from '@jest/globals';
import {
  createParticipantLimits,
  createRateLimiter,
  createSocketBound,
  createTickets,
  socketGroupsOf,
  type Tickets,
} from '../../../shared/access/caller-guard';
import { reconnectUrlBy } from '../../../shared/access/negotiate-routes';
import { createLogger } from '../../../shared/app/log';
import { type Instant, MINUTE, occasions } from '../../../shared/conversation/time';
import type { Caller } from '../../../shared/http/route';
import { TYPING_EVERY } from '../../../shared/web-pubsub/webhook-routes';
import { MemoryWorld } from '../../support/memory-ports';
import { serviceOver } from '../../support/service';

export const ID = 'conversation-0001';
export const NOW: Instant = Date.parse('2026-03-01T10:00:00.000Z');
export const SIGNING_KEY = 'a-signing-key-of-the-handler-tests-000';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** The handlers' dependencies over memory: real service, real tickets, a log that can be read. */
export function scene() {
  const world = new MemoryWorld();
  const clock = { now: NOW };
  const now = () => clock.now;
  const lines: LogLine[] = [];
  const to =
    (level: LogLine['level']) =>
    (...args: unknown[]) =>
      lines.push({ level, text: args.join(' ') });
  const logger = createLogger({ info: to('info'), warn: to('warn'), error: to('error') });
  const lifetimes = { agent: 60 * MINUTE, customer: 60 * 24 * 60 * MINUTE };
  const tickets: Tickets = createTickets({ signingKeys: [SIGNING_KEY], lifetimes, now });
  const service = serviceOver({ ...world, now, reconnectUrl: reconnectUrlBy(tickets) });
  const clientUrl = jest.fn(
    async (userId: string, _groups?: readonly string[]) =>
      `wss://example.test/client/hubs/chat?access_token=token-of-${userId}`,
  );
  const bearer = async (caller: Caller) => ({
    authorization: `Bearer ${(await tickets.issue(caller)).ticket}`,
  });
  return {
    world,
    clock,
    lines,
    service,
    tickets,
    clientUrl,
    bearer,
    deps: {
      store: world.store,
      now,
      workList: world.workList,
      tickets,
      loggerOf: () => logger,
      conversations: () => service,
      settings: world.settings,
      customers: world.customers,
      capacity: world.capacity,
      participants: world.participants,
      clientUrl,
      newConversationId: () => 'new-conversation-0001',
      newConversations: createRateLimiter({ perMinute: 0, now }),
      trustedProxies: 0,
      socketGroups: (address: string, returning: boolean) => socketGroupsOf(address, SIGNING_KEY, returning),
      visitorNumber: (): number | undefined => undefined,
      heard: () => false,
      isTypingNews: occasions(TYPING_EVERY, now),
      sockets: createSocketBound({ perAddress: 0, listed: async () => [], now }),
      limits: createParticipantLimits({ perMinute: 0, now }),
    },
    /** The customer opens its first socket. */
    born: async (id = ID, workstream = 'default'): Promise<void> => {
      const profile = {
        name: 'Erika Mustermann',
        locale: 'de',
        queue: 'support',
        workstream,
        channelInstance: 'default',
        context: {},
      };
      await service.handle(id, { type: 'connect', conversationId: id, profile, signedInFor: workstream });
      await service.handle(id, { type: 'connected', connectionId: 'tab-a', occurredAt: NOW });
      world.open(id, 'tab-a');
    },
    /** Writes that have reached the ports. */
    writes: () => world.log.filter((entry) => !['load', 'presence'].includes(entry)),
  };
}

export const ANN = { role: 'agent', agentId: 'ann', agentName: 'Ann Smith' } as const;
export const BOB = { role: 'agent', agentId: 'bob', agentName: 'Bob Jones' } as const;
export const CUSTOMER = { role: 'customer', conversationId: ID } as const;
