import type { Faults } from './faults';
import type { Hubs } from './hub';
import type { Settings } from './options';
import type { RestServer } from './rest/server';

export interface ConnectionView {
  connectionId: string;
  userId: string | undefined;
  groups: string[];
  /** Detached: reliable, without a WebSocket, until it recovers or its window ends. */
  state: 'connected' | 'detached';
}

/** What tests and demos do to the service that no client of it could. */
export interface Control {
  /** Lost, delayed and repeated events, clients that go while one is handled, refused messages. */
  readonly faults: Faults;
  /** Cuts the TCP connection without a closing handshake. False: there is none to cut. */
  dropTransport(connectionId: string): boolean;
  dropAll(): void;
  /** How long reliable connections that are lost from now on may come back. */
  setRecoveryWindow(ms: number): void;
  /** While not available, every REST call is answered 503. */
  setRestAvailable(available: boolean): void;
  connections(): ConnectionView[];
}

export function createControl(
  hubs: Hubs,
  rest: RestServer,
  faults: Faults,
  settings: Pick<Settings, 'recoveryWindowMs'>,
): Control {
  return {
    faults,
    dropTransport(connectionId) {
      const socket = hubs.connections().find(({ id }) => id === connectionId)?.socket;
      socket?.terminate();
      return socket !== undefined;
    },
    dropAll() {
      for (const connection of hubs.connections()) connection.socket?.terminate();
    },
    setRecoveryWindow(ms) {
      settings.recoveryWindowMs = ms;
    },
    setRestAvailable(available) {
      rest.available = available;
    },
    connections: () =>
      hubs.connections().map(({ id, userId, groups, socket }) => ({
        connectionId: id,
        userId,
        groups: [...groups],
        state: socket ? 'connected' : 'detached',
      })),
  };
}
