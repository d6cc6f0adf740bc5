import { LitElement } from 'lit';

/** An element of the console. It draws into the page itself: one style sheet, and labels reach every control. */
export class ConsoleElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
