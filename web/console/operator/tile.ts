import { html, nothing, type TemplateResult } from 'lit';

/** One figure, in a list of them. */
export const tile = (name: string, value: string, more: unknown = nothing): TemplateResult => html`
  <div class="tile">
    <dt>${name}</dt>
    <dd>${value} <small>${more}</small></dd>
  </div>
`;
