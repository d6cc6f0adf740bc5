import type { Conversation } from '../conversation/conversation';
import { toIso } from '../conversation/time';
import type { TranscriptEntry } from '../conversation/transcript';

/** What every reader of plain text takes for the end of a line. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
/** What would move a terminal's cursor, for example. */
const CONTROL = /[^\P{Cc}\n\t]/gu;
/** What shows nothing, or turns around what stands behind it. */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A name in quotation marks, on one line: names of older versions may have anything. */
const quoted = (name: string): string =>
  JSON.stringify(name.replaceAll(LINE_BREAK, ' ').replaceAll(HIDDEN, '').toWellFormed());

/** Who has written an entry: the role first, which nobody's name can imitate. */
function authorOf(entry: TranscriptEntry): string {
  const { author } = entry;
  switch (author.role) {
    case 'customer':
      return `customer ${quoted(author.name)}`;
    case 'agent':
      return `agent ${author.id} ${quoted(author.name)}`;
    case 'system':
      return entry.kind === 'notice' ? `system to ${entry.recipient}` : 'system';
  }
}

/**
 * An entry as text: its moment, who has written it, and the text. A line that begins with a moment begins an entry, and
 * nothing else does: further lines of a text are indented.
 */
export function entryText(entry: TranscriptEntry): string {
  const text = entry.text.toWellFormed().replaceAll(LINE_BREAK, '\n    ').replaceAll(CONTROL, '');
  return `${toIso(entry.at)} ${authorOf(entry)}: ${text}\n`;
}

/** What stands above the entries. Its lines begin with `#`, and no other line does. */
export function headText({ id, customer, createdAt, end, closedAt }: Conversation): string {
  const times = [
    `begun ${toIso(createdAt)}`,
    ...(end ? [`ended ${toIso(end.at)} (${end.reason})`] : []),
    ...(closedAt === undefined ? [] : [`closed ${toIso(closedAt)}`]),
  ];
  return `# Conversation ${id}, queue ${quoted(customer.queue)}\n# ${times.join(', ')}\n`;
}
