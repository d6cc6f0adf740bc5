import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { guard } from 'lit/directives/guard.js';
import { clockLength, END_REASONS, exactTimeOf, timeOf, wordsOf } from '../core/format';
import type { Entry } from '../core/model';
import type { Mark, Outgoing } from './state';

type Line =
  | { readonly key: string; readonly at: string; readonly entry: Entry }
  | { readonly key: string; readonly at: string; readonly mark: Mark };

/** What was said and what happened, in order; what is under way comes last. */
export function linesOf(entries: readonly Entry[], marks: readonly Mark[]): readonly Line[] {
  const lines: Line[] = entries.map((entry) => ({ key: `e${entry.sequence}`, at: entry.at, entry }));
  for (const mark of marks) {
    let place = lines.length;
    // Entries keep their order, whatever the clocks say: only marks are put in between.
    while (place > 0 && (lines[place - 1]?.at ?? '') > mark.at) place -= 1;
    lines.splice(place, 0, { key: `m${mark.kind}${mark.at}${mark.text}`, at: mark.at, mark });
  }
  return lines;
}

export interface TranscriptParts {
  readonly entries: readonly Entry[];
  readonly marks: readonly Mark[];
  readonly outbox: readonly Outgoing[];
  readonly me: string;
  readonly retry?: (message: Outgoing) => void;
}

export function transcript({ entries, marks, outbox, me, retry }: TranscriptParts): TemplateResult {
  const stored = new Set(entries.flatMap(({ messageId }) => messageId ?? []));
  const delivery = new Map(outbox.map((message) => [message.messageId, message.delivery]));
  return html`
    <ol>
      ${repeat(
        linesOf(entries, marks),
        ({ key }) => key,
        (line) =>
          'mark' in line
            ? guard([line.mark.text, line.at], () => markTemplate(line.mark))
            : guard([line.entry, delivery.get(line.entry.messageId ?? '')], () =>
                entryTemplate(line.entry, me),
              ),
      )}
      ${repeat(
        outbox.filter(({ messageId }) => !stored.has(messageId)),
        ({ messageId }) => messageId,
        (message) => outgoingTemplate(message, retry),
      )}
    </ol>
  `;
}

function entryTemplate(entry: Entry, me: string): TemplateResult {
  const { author, text, at, kind } = entry;
  if (kind === 'notice') {
    const why = entry.reason === undefined ? nothing : html` · ${END_REASONS[entry.reason]}`;
    return html`
      <li class="said notice" title=${wordsOf(entry.trigger ?? '')}>
        <p>${text}</p>
        <small
          >${entry.recipient === 'agent' ? 'For agents' : 'Automated message'} ·
          <time datetime=${at} title=${exactTimeOf(at)}>${timeOf(at)}</time>${why}</small
        >
      </li>
    `;
  }
  const isOwn = author.role === 'agent' && author.id === me;
  const who = author.role === 'system' ? 'System' : isOwn ? 'You' : (author.name ?? author.role);
  return html`
    <li class="said ${author.role}">
      <p>${text}</p>
      <small
        >${who} ·
        <time datetime=${at} title=${exactTimeOf(at)}>${timeOf(at)}</time
        >${isOwn ? ' · Sent' : nothing}</small
      >
    </li>
  `;
}

const markTemplate = ({ kind, text, at, length }: Mark): TemplateResult => html`
  <li class="mark ${kind}">
    ${text}${length === undefined ? nothing : ` after ${clockLength(length)}`} ·
    <time datetime=${at}>${exactTimeOf(at)}</time>
  </li>
`;

function outgoingTemplate(message: Outgoing, retry: TranscriptParts['retry']): TemplateResult {
  const { text, delivery, reason } = message;
  const says = { sending: 'Sending …', sent: 'Sent', failed: reason ?? 'Not sent', refused: 'Refused' }[
    delivery
  ];
  return html`
    <li class="said agent ${delivery}">
      <p>${text}</p>
      <small>
        ${says}${delivery === 'refused' && reason ? `: ${reason}` : nothing}
        ${
          delivery === 'failed' && retry
            ? html`<button class="link" type="button" @click=${() => retry(message)}>Try again</button>`
            : nothing
        }
      </small>
    </li>
  `;
}
