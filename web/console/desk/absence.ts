import { html, nothing, type TemplateResult } from 'lit';
import { exactTimeOf } from '../core/format';
import type { Absence } from '../core/model';

export interface AbsenceParts {
  readonly absence: Absence;
  /** Whether this agent decides about the wait. */
  readonly mayAct: boolean;
  readonly busy: boolean;
  /** @param by ISO 8601 duration */
  readonly extend: (by: string) => void;
  readonly end: () => void;
}

/** The customer is gone: until when the place is kept, and what the agent can do about it. */
export function absenceTemplate({ absence, mayAct, busy, extend, end }: AbsenceParts): TemplateResult {
  const { since, deadline } = absence;
  return html`
    <div class="banner warn absence">
      <p>
        Connection lost at ${exactTimeOf(since)}. The conversation ends in
        <strong class="big"><count-down .at=${deadline} aria-label="Time left"></count-down></strong>, at
        <time datetime=${deadline}>${exactTimeOf(deadline)}</time>.
      </p>
      ${
        mayAct
          ? html`
              <div class="buttons">
                <button type="button" ?disabled=${busy} @click=${() => extend('PT1M')}>
                  Wait 1 min longer
                </button>
                <button type="button" ?disabled=${busy} @click=${() => extend('PT5M')}>
                  Wait 5 min longer
                </button>
                <button type="button" class="danger" ?disabled=${busy} @click=${end}>End the wait</button>
              </div>
            `
          : nothing
      }
    </div>
  `;
}
