/**
 * As much of Node's `Buffer` as the Web PubSub client uses in a browser: base64 of binary data, which the widget neither
 * sends nor gets, and joining the parts of a message, which browsers do themselves.
 */
export const Buffer = {
  from: (
    data: string | ArrayBuffer | Uint8Array,
    _encoding?: string,
  ): Uint8Array & { toString(encoding?: string): string } => {
    const bytes =
      typeof data === 'string'
        ? Uint8Array.from(atob(data), (one) => one.charCodeAt(0))
        : new Uint8Array(data);
    return Object.assign(bytes, { toString: () => btoa(String.fromCharCode(...bytes)) });
  },
};
