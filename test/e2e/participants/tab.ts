import { ApiError, type Api, type CustomerAccess, type CustomerProfile } from '../api';
import { Inbox } from './inbox';
import { openSocket, urlsFrom, type Protocol, type Socket } from './socket';

/** How a customer's tab is opened; with a ticket, or the id of a reconnect link, it joins that conversation. */
export interface TabOptions {
  readonly profile: CustomerProfile;
  readonly protocol: Protocol;
  readonly ticket?: string | undefined;
  readonly reconnectId?: string | undefined;
}

/** A browser tab of a customer. */
export interface Tab {
  readonly conversationId: string;
  readonly ticket: string;
  readonly connectionId: string;
  readonly inbox: Inbox;
  /** Resolves when the service has the app's word that the message is stored. */
  say(text: string): Promise<void>;
  /** Ends the tab the way it can: a closing frame, or the end of its process. */
  close(): Promise<void>;
}

/** A tab in this process. */
export class LocalTab implements Tab {
  private constructor(
    private readonly access: CustomerAccess,
    readonly inbox: Inbox,
    private readonly socket: Socket,
    /** The answer with which `negotiate` kept this tab from connecting again. */
    readonly refused: Promise<ApiError>,
  ) {}

  static async open(api: Api, { profile, protocol, ...resumed }: TabOptions): Promise<LocalTab> {
    const access = await api.negotiate(profile, resumed);
    const inbox = new Inbox('customer');
    let refuse: (error: ApiError) => void;
    const refused = new Promise<ApiError>((resolve) => (refuse = resolve));
    const nextUrl = urlsFrom(access.url, async () => {
      try {
        return (await api.negotiate(profile, { ticket: access.ticket })).url;
      } catch (thrown) {
        if (thrown instanceof ApiError) refuse(thrown);
        throw thrown;
      }
    });
    const socket = await openSocket(nextUrl, protocol, (data) => inbox.receive(data));
    return new LocalTab(access, inbox, socket, refused);
  }

  get conversationId(): string {
    return this.access.conversationId;
  }

  get ticket(): string {
    return this.access.ticket;
  }

  get connectionId(): string {
    return this.socket.connectionId;
  }

  get connectionIds(): readonly string[] {
    return this.socket.connectionIds;
  }

  async say(text: string): Promise<void> {
    await this.socket.client.sendEvent('message', { text }, 'json');
  }

  /** Nobody waits for the answer: the app closes the socket that it would come over. */
  async leave(): Promise<void> {
    await this.socket.client.sendEvent('leave', {}, 'json', { fireAndForget: true });
  }

  close(): Promise<void> {
    return this.socket.close();
  }
}
