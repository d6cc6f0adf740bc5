export const JSON_PROTOCOL = 'json.webpubsub.azure.v1';
export const RELIABLE_JSON_PROTOCOL = 'json.reliable.webpubsub.azure.v1';

/** The subprotocols whose frames the service itself understands; any other is carried as it is. */
export const isJson = (subprotocol: string | undefined): boolean =>
  subprotocol === JSON_PROTOCOL || subprotocol === RELIABLE_JSON_PROTOCOL;

/** The service's own subprotocols that this stand-in does not speak. */
export const isUnsupported = (subprotocol: string): boolean =>
  /^(protobuf\.|.*\.reliable\.|mqtt)/.test(subprotocol) && !isJson(subprotocol);

export const offeredSubprotocols = (header: string | undefined): string[] =>
  (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
