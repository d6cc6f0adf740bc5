import { html, nothing, type TemplateResult } from 'lit';
import type { Api } from '../core/api';
import { ConsoleElement } from '../core/element';
import { messageOf } from '../core/problem';

/** A page of operators: it reads when it is shown, and tells what went wrong. */
export abstract class OperatorElement extends ConsoleElement {
  static override properties: Record<string, object> = {
    api: { attribute: false },
    problem: { state: true },
    told: { state: true },
    busy: { state: true },
  };
  declare api: Api;
  declare problem: string | undefined;
  /** What was done last. */
  declare told: string | undefined;
  declare busy: boolean;

  constructor() {
    super();
    this.busy = false;
  }

  /** Does it, and shows what went wrong. @returns whether it was done */
  protected async attempt(run: () => Promise<string | void>): Promise<boolean> {
    this.busy = true;
    this.problem = undefined;
    this.told = undefined;
    try {
      this.told = (await run()) ?? undefined;
      return true;
    } catch (thrown) {
      this.problem = messageOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Both regions are there before their text is: only then it is read out. */
  protected outcome(): TemplateResult {
    return html`
      <div class="outcome">
        <div role="alert">${this.problem ? html`<p class="problem">${this.problem}</p>` : nothing}</div>
        <div role="status">${this.told ? html`<p class="done">${this.told}</p>` : nothing}</div>
      </div>
    `;
  }
}

/** A form that is handled here: its fields by name, what is empty left out. */
export const onSubmit =
  (handle: (fields: Record<string, string>) => unknown) =>
  (event: SubmitEvent): void => {
    event.preventDefault();
    const fields: Record<string, string> = {};
    for (const [name, value] of new FormData(event.target as HTMLFormElement)) {
      if (typeof value === 'string' && value !== '') fields[name] = value;
    }
    void handle(fields);
  };

/** Gives the browser a file that was made here. */
export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
