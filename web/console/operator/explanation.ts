import { html, nothing, type TemplateResult } from 'lit';
import { readableLength, wordsOf } from '../core/format';
import type { Explanation } from '../core/model';

/** A value of policy, which rule gives it, and why the others do not. */
export function explanationTemplate({ name, value, from, considered }: Explanation): TemplateResult {
  return html`
    <div class="explanation">
      <p>
        ${wordsOf(name)}: <strong>${readableLength(value)}</strong>,
        ${from === 'default' ? 'by the settings of the app' : html`by the rule <strong>${from}</strong>`}.
      </p>
      ${
        considered.length > 0
          ? html`<ul>
              ${considered.map(({ rule, because }) => html`<li><code>${rule}</code>: ${because}</li>`)}
            </ul>`
          : nothing
      }
    </div>
  `;
}
