import { html, type TemplateResult } from 'lit';
import type { Api } from '../core/api';
import { ConsoleElement } from '../core/element';
import type { PageName } from '../core/routes';
import type { ServerClock } from '../core/server-clock';
import type { Desk } from '../desk/desk';
import type { DeskState } from '../desk/state';
import './closed-page';
import './dead-letters-page';
import './messages-page';
import './operations-page';
import './personal-data-page';
import './policies-page';
import './what-if-page';

/** Whichever page of operators is looked at. Loaded when the first one is. */
export class OperatorPage extends ConsoleElement {
  static override properties = {
    page: { attribute: false },
    place: { attribute: false },
    api: { attribute: false },
    desk: { attribute: false },
    state: { attribute: false },
    clock: { attribute: false },
  };
  declare page: PageName;
  declare place: string | undefined;
  declare api: Api;
  declare desk: Desk;
  declare state: DeskState;
  declare clock: ServerClock;

  protected override render(): TemplateResult {
    const { api, desk, state, place, clock } = this;
    switch (this.page) {
      case 'closed':
        return html`<closed-page .api=${api} .desk=${desk} .place=${place}></closed-page>`;
      case 'what-if':
        return html`<what-if-page .api=${api} .clock=${clock}></what-if-page>`;
      case 'messages':
        return html`<messages-page .api=${api} .drafts=${desk.drafts}></messages-page>`;
      case 'policies':
        return html`<policies-page .api=${api} .drafts=${desk.drafts}></policies-page>`;
      case 'dead-letters':
        return html`<dead-letters-page .api=${api}></dead-letters-page>`;
      case 'personal-data':
        return html`<personal-data-page .api=${api}></personal-data-page>`;
      case 'operations':
      case 'desk':
        return html`<operations-page .api=${api} .state=${state} .clock=${clock}></operations-page>`;
    }
  }
}

customElements.define('operator-page', OperatorPage);
