import { html, type TemplateResult } from 'lit';
import type { Api } from '../core/api';
import { ConsoleElement } from '../core/element';
import './conversation-panel';
import type { Desk } from './desk';
import type { DeskState } from './state';
import './work-list';

/** The agent's page: the list beside the conversation that is looked at. */
export class DeskPage extends ConsoleElement {
  static override properties = {
    desk: { attribute: false },
    state: { attribute: false },
    api: { attribute: false },
    isOperator: { attribute: false },
  };
  declare desk: Desk;
  declare state: DeskState;
  declare api: Api;
  declare isOperator: boolean;

  protected override render(): TemplateResult {
    const { desk, state, isOperator } = this;
    return html`
      <h1 class="hidden">Desk</h1>
      <div class="desk ${state.opened === undefined ? 'shows-list' : 'shows-conversation'}">
        <work-list .state=${state} .again=${() => desk.again()}></work-list>
        <section class="conversation" aria-label="Conversation">
          <conversation-panel .desk=${desk} .state=${state} .isOperator=${isOperator}></conversation-panel>
        </section>
      </div>
    `;
  }
}

customElements.define('desk-page', DeskPage);
