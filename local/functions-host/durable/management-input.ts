import { endedStatuses, liveStatuses, payloadLimit, type RuntimeStatus } from './instance';
import { errorAnswer, notCovered, type Answer } from './management-answer';
import type { InstanceFilter } from './store';

const statuses: readonly RuntimeStatus[] = [...liveStatuses, ...endedStatuses];

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
  } catch (error) {
    const exception = ['Newtonsoft.Json.JsonReaderException', (error as Error).message] as const;
    return errorAnswer(400, 'Invalid JSON content', exception);
  }
  if (text.length <= payloadLimit) return text;
  return errorAnswer(400, `The ${what} is longer than ${payloadLimit} characters.`);
}

/** The filter in a query string, or the Answer that refuses it. */
export function filterOf(url: URL): InstanceFilter | Answer {
  if (url.searchParams.has('instanceIdPrefix')) return notCovered('instanceIdPrefix');
  const names = (url.searchParams.get('runtimeStatus') ?? '').split(',').filter(Boolean);
  const asked = names.map((name) => statuses.find((s) => s.toLowerCase() === name.toLowerCase()));
  const [createdFrom, createdTo] = ['createdTimeFrom', 'createdTimeTo'].map((name) => {
    const moment = Date.parse(url.searchParams.get(name) ?? '');
    // What is no date is as if it was not there.
    return Number.isNaN(moment) ? undefined : new Date(moment).toISOString();
  });
  // A status no instance here can have (Canceled) is a valid question with an empty answer.
  const known = asked.filter((name) => name !== undefined);
  return { createdFrom, createdTo, statuses: names.length > 0 ? known : undefined };
}
