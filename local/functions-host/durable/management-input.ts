import { payloadLimit, type RuntimeStatus } from './instance';
import { notCovered, type Answer } from './management-answer';
import type { InstanceFilter } from './store';

const statuses: readonly RuntimeStatus[] = ['Pending', 'Running', 'Completed', 'Failed', 'Terminated'];

/** Ids go into urls unescaped, so the extension restricts them; this is its rule. */
export function isValidId(id: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are among the forbidden ones
  return id.length > 0 && id.length <= 256 && !id.startsWith('@') && !/[/\\?#\u0000-\u001f\u007f]/.test(id);
}

/** A body as JSON text; an Answer that says why when it isn't any, or too much. */
export function payloadOf(body: Buffer, what: string): string | Answer {
  let text: string;
  try {
    text = JSON.stringify(JSON.parse(body.toString()));
  } catch {
    return { status: 400, body: `The ${what} is not JSON.` };
  }
  if (text.length <= payloadLimit) return text;
  return { status: 400, body: `The ${what} is longer than ${payloadLimit} characters.` };
}

/** The filter in a query string, or the Answer that refuses it. */
export function filterOf(url: URL): InstanceFilter | Answer {
  if (url.searchParams.has('instanceIdPrefix')) return notCovered('instanceIdPrefix');
  const names = (url.searchParams.get('runtimeStatus') ?? '').split(',').filter(Boolean);
  const asked = names.map((name) => statuses.find((s) => s.toLowerCase() === name.toLowerCase()));
  const dates = ['createdTimeFrom', 'createdTimeTo'].map((name) => url.searchParams.get(name));
  if (dates.some((date) => date && Number.isNaN(Date.parse(date)))) {
    return { status: 400, body: 'createdTimeFrom and createdTimeTo must be dates.' };
  }
  const [createdFrom, createdTo] = dates.map((date) => (date ? new Date(date).toISOString() : undefined));
  // A status no instance here can have (Suspended, Canceled) is a valid question with an empty answer.
  const known = asked.filter((name) => name !== undefined);
  return { createdFrom, createdTo, statuses: names.length > 0 ? known : undefined };
}
