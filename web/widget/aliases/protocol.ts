interface Frame {
  readonly kind?: string;
  readonly type?: string;
  readonly event?: string;
  readonly from?: string;
  readonly [name: string]: unknown;
}

/** What is understood of what comes: anything else may be said to a later version. */
function kindOf({ type, event, from }: Frame): string | undefined {
  switch (type) {
    case 'system':
      return event === 'connected' || event === 'disconnected' ? event : undefined;
    case 'message':
      return from === 'group' || from === 'server' ? `${from}Data` : undefined;
    case 'ack':
    case 'pong':
      return type;
    default:
      return undefined;
  }
}

/** As much of the protocol `json.reliable.webpubsub.azure.v1` as is said by and to who joins no group, and sends and gets JSON. */
export const WebPubSubJsonReliableProtocol = () => ({
  isReliableSubProtocol: true,
  name: 'json.reliable.webpubsub.azure.v1',
  parseMessages(input: string) {
    const frame = JSON.parse(input) as Frame;
    const kind = kindOf(frame);
    return kind === undefined ? null : { ...frame, kind };
  },
  writeMessage: ({ kind, ...frame }: Frame) =>
    JSON.stringify({ type: kind === 'sendEvent' ? 'event' : kind, ...frame }),
});
