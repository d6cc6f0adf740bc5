import { html, nothing, type TemplateResult } from 'lit';
import type { Conversation, PolicyExplanations } from '../core/model';
import { explanationTemplate } from '../operator/explanation';

/** What the site has told about the customer, and how long the customer may be away. */
export function aboutTemplate(
  c: Conversation,
  policies: PolicyExplanations | undefined,
  onOpen: () => void,
): TemplateResult {
  const { context, workstream, channelInstance } = c.customer;
  const facts = [
    ['Workstream', workstream],
    ['Chat widget', channelInstance],
    ['Absences so far', String(Math.max(0, (c.disconnections ?? 1) - 1))],
    ...Object.entries(context),
  ];
  return html`
    <details
      class="facts-of"
      @toggle=${(event: Event) => {
        if ((event.target as HTMLDetailsElement).open) onOpen();
      }}
    >
      <summary>About this conversation</summary>
      <dl class="facts">
        ${facts.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      ${policies ? explanationTemplate(policies.grace) : nothing}
    </details>
  `;
}
