import { html, type TemplateResult } from 'lit';
import { OperatorElement } from './operator-element';

/** What another grace period would have saved or cost. */
export class WhatIfPage extends OperatorElement {
  protected override render(): TemplateResult {
    return html`
      <div class="page">
        <header class="page-head"><h1>What if the grace were another?</h1></header>
        ${this.outcome()}
      </div>
    `;
  }
}

customElements.define('what-if-page', WhatIfPage);
