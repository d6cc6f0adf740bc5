/** The webhook's address for one event; `{event}` is `validate` for the validation request. */
export function handlerUrl(template: string, hub: string, event: string): URL {
  return new URL(
    template
      .replaceAll('{hub}', encodeURIComponent(hub.toLowerCase()))
      .replaceAll('{event}', encodeURIComponent(event)),
  );
}

/** The address as it may be logged: the query string carries the function's key. */
export const withoutQuery = (url: URL): string => `${url.origin}${url.pathname}`;

/** `*`, one name, or names separated by commas, in any case; there are no other wildcards. */
export function matchesPattern(pattern: string, eventName: string): boolean {
  const names = pattern.split(',').map((name) => name.trim().toLowerCase());
  return names.includes('*') || names.includes(eventName.toLowerCase());
}
