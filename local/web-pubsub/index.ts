import type { Server } from 'node:http';
import { Handshake } from './client/handshake';
import { Heartbeat } from './client/heartbeat';
import { Sessions } from './client/session';
import { connectionString } from './connection-string';
import { createControl, type Control } from './control';
import type { Faults } from './faults';
import { Hubs } from './hub';
import { Lifecycle } from './lifecycle';
import { listenOnLoopback } from './listen';
import { settingsFrom, type Settings, type WebPubSubOptions } from './options';
import { logRefusals } from './refusals';
import { RestServer } from './rest/server';
import { Tokens } from './tokens';
import { Deliverer } from './upstream/deliver';
import { Upstream } from './upstream/events';
import { handlerUrl } from './upstream/handler-url';
import { HttpCaller } from './upstream/http';
import { Validation } from './upstream/validation';

export type { ConnectionView, Control } from './control';
export type { Fault, Faults, InterceptedEvent } from './faults';
export { DEVELOPMENT_ACCESS_KEY, type SystemEvent, type WebPubSubOptions } from './options';
export type { AttemptReport } from './upstream/deliver';

export interface LocalWebPubSub {
  endpoint: string;
  port: number;
  /** With the primary access key; libraries need their "allow insecure connection" option with it. */
  connectionString: string;
  control: Control;
  /** Pulls the plug: clients are cut off and no further events are sent. */
  stop(): Promise<void>;
}

/**
 * Starts the stand-in on the loopback addresses.
 * Rejects when the port is in use (`code` is EADDRINUSE, the message names the port) or an option cannot be used.
 */
export async function startWebPubSub(options: WebPubSubOptions): Promise<LocalWebPubSub> {
  const settings = settingsFrom(options);
  let service: Service | undefined;
  const servers = await listenOnLoopback(settings.port, (server, port) => {
    const { rest, handshake } = (service ??= createService(settings, port));
    logRefusals(server, settings.log);
    server.on('request', (request, response) => void rest.handle(request, response));
    server.on('upgrade', (request, socket, head) => void handshake.handle(request, socket, head));
  });
  if (!service) throw new Error('No loopback address to listen on.');
  const { port, endpoint, control, stop } = service;
  return {
    endpoint,
    port,
    connectionString: connectionString(port, settings.accessKey),
    control,
    async stop() {
      stop();
      await Promise.all(servers.map(closed));
    },
  };
}

type Service = ReturnType<typeof createService>;

function createService(settings: Settings, port: number) {
  const endpoint = `http://localhost:${port}`;
  const accessKeys = [settings.accessKey, settings.secondaryAccessKey];

  const http = new HttpCaller();
  const validateUrl = handlerUrl(settings.handlerUrl, settings.hub, 'validate');
  const validation = new Validation(validateUrl, http, settings);
  const deliverer = new Deliverer(http, accessKeys, settings);
  const faults: Faults = {};
  const upstream = new Upstream(settings, validation, deliverer, faults);

  const hubs = new Hubs();
  const tokens = new Tokens(accessKeys);
  const lifecycle = new Lifecycle(hubs, upstream, settings);
  const sessions = new Sessions(lifecycle, upstream, settings.log);
  const heartbeat = new Heartbeat();
  const handshake = new Handshake({ hubs, endpoint, tokens, upstream, lifecycle, sessions, heartbeat });
  const rest = new RestServer({ hubs, endpoint, lifecycle, tokens, faults }, settings.log);

  const stop = (): void => {
    upstream.stop();
    heartbeat.stop();
    lifecycle.abandonAll();
    http.close();
  };
  return { port, endpoint, rest, handshake, control: createControl(hubs, rest, faults, settings), stop };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
