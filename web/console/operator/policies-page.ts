import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Drafts } from '../core/drafts';
import { readableLength, wordsOf } from '../core/format';
import type { PolicyRule, PolicyTable, PolicyValue } from '../core/model';
import { explain, explainGrace, type Situation } from './explain';
import { explanationTemplate } from './explanation';
import { OperatorElement } from './operator-element';

/** What a rule can depend on, with the values there are; none: names of the deployment's own. */
const CONDITIONS: Readonly<Record<keyof Situation, readonly string[]>> = {
  channel: ['live-chat', 'persistent-chat'],
  workstream: [],
  channelInstance: [],
  state: ['Open', 'Offered', 'Active', 'Waiting', 'WrapUp'],
  device: ['phone', 'tablet', 'desktop', 'unknown'],
};
const LABELS: Readonly<Record<keyof Situation, string>> = {
  channel: 'Kind of chat',
  workstream: 'Workstream',
  channelInstance: 'Chat widget',
  state: 'State',
  device: 'Device',
};
const names = Object.keys(CONDITIONS) as (keyof Situation)[];

/** Drafts: rules that are not saved, and of which version; a rule that is not applied, and in place of which one. */
interface Changes {
  readonly etag: PolicyTable['etag'];
  readonly rules: readonly PolicyRule[];
}
interface EditedRule {
  readonly of: string | undefined;
  readonly rule: PolicyRule;
}

/** The policies: rules in order, and what they come to in a situation. */
export class PoliciesPage extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    drafts: { attribute: false },
    table: { state: true },
    rules: { state: true },
    editing: { state: true },
    situation: { state: true },
    asked: { state: true },
    values: { state: true },
  };
  declare drafts: Drafts;
  declare table: PolicyTable | undefined;
  /** As they are on the page, saved or not. */
  declare rules: readonly PolicyRule[];
  /** The place of the rule that is edited; behind the last one: a new one. */
  declare editing: number | undefined;
  declare situation: Situation;
  /** The policy that is explained besides the grace period. */
  declare asked: string;
  /** What the edited rule sets: names and values as they are typed. */
  declare values: readonly (readonly [name: string, value: string])[];
  /** What was typed into the editor before another view was looked at. */
  private typedBefore: PolicyRule | undefined;

  constructor() {
    super();
    this.rules = [];
    this.values = [];
    this.asked = 'maxExtension';
    this.situation = {
      channel: 'live-chat',
      workstream: 'default',
      channelInstance: 'default',
      state: 'Active',
      device: 'phone',
    };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.attempt(() => this.read());
  }

  private async read(): Promise<void> {
    const table = await this.api.get<PolicyTable>('/v1/policies');
    const draft = this.drafts.get<Changes>('policies');
    // What somebody else has saved meanwhile is not overwritten: the app refuses the version of before.
    this.table = draft ? { ...table, etag: draft.etag } : table;
    this.rules = draft?.rules ?? table.rules;
    if (draft && draft.etag !== table.etag)
      this.problem =
        'Somebody else has saved the policies since. Discard your changes to see what is in force.';
    const edited = this.drafts.get<EditedRule>('rule');
    if (edited === undefined || this.editing !== undefined) return;
    const place = this.rules.findIndex(({ id }) => id === edited.of);
    this.edit(place < 0 ? this.rules.length : place, edited.rule);
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('rules') || this.table === undefined) return;
    const { etag } = this.table;
    this.drafts.set('policies', this.isChanged && ({ etag, rules: this.rules } satisfies Changes));
  }

  private discard(): void {
    this.drafts.set('policies', undefined);
    void this.attempt(() => this.read());
  }

  private get isChanged(): boolean {
    return this.table !== undefined && this.rules !== this.table.rules;
  }

  private save(): void {
    const { table, rules } = this;
    if (table === undefined) return;
    void this.attempt(async () => {
      await this.api.put('/v1/policies', { channels: table.channels, rules }, table.etag);
      this.drafts.set('policies', undefined);
      await this.read();
      return 'Saved. In force at once here, and within 30 seconds everywhere.';
    });
  }

  protected override render(): TemplateResult {
    const { table } = this;
    return html`
      <div class="page">
        <header class="page-head">
          <h1>Policies</h1>
          <div class="buttons">
            ${
              this.isChanged
                ? html`<button type="button" @click=${() => this.discard()}>Discard</button>`
                : nothing
            }
            <button
              type="button"
              class="primary"
              ?disabled=${this.busy || !this.isChanged}
              @click=${() => this.save()}
            >
              Save
            </button>
          </div>
        </header>
        <p class="lead">
          For each value the first rule that fits and sets it decides; otherwise the settings of the app do.
        </p>
        ${this.outcome()}
        ${
          table?.unreadable
            ? html`<p class="problem">
                The stored document cannot be read by this version: ${table.unreadable}. The longest waits are
                in force.
              </p>`
            : nothing
        }
        ${
          table === undefined
            ? html`<p class="empty">Reading …</p>`
            : html`${this.list(table)} ${this.question({ ...table, rules: this.rules })}
              ${this.editing === undefined ? nothing : this.editor(this.editing)}`
        }
      </div>
    `;
  }

  private list(table: PolicyTable): TemplateResult {
    const builtIn = new Set(table.builtIn);
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Rules">
        <table>
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">When</th>
              <th scope="col">Sets</th>
              <th scope="col"><span class="hidden">Do</span></th>
            </tr>
          </thead>
          <tbody>
            ${[...this.rules, ...table.builtIn].map(
              (rule, index) => html`
                <tr>
                  <th scope="row">${rule.id}</th>
                  <td>${whenOf(rule)}</td>
                  <td>${setOf(rule)}</td>
                  <td>
                    ${builtIn.has(rule) ? html`<span class="badge">built in</span>` : this.ruleButtons(rule, index)}
                  </td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
      <div class="buttons">
        <button type="button" @click=${() => this.edit(this.rules.length)}>New rule</button>
      </div>
    `;
  }

  private ruleButtons({ id }: PolicyRule, index: number): TemplateResult {
    const named = html`<span class="hidden"> ${id}</span>`;
    return html`
      <div class="buttons">
        <button type="button" @click=${() => this.edit(index)}>Edit${named}</button>
        <button type="button" ?disabled=${index === 0} @click=${() => this.move(index)}>Up${named}</button>
        <button type="button" @click=${() => (this.rules = this.rules.filter((_, n) => n !== index))}>
          Remove${named}
        </button>
      </div>
    `;
  }

  private move(index: number): void {
    const rules = [...this.rules];
    const [rule] = rules.splice(index, 1);
    if (rule) rules.splice(index - 1, 0, rule);
    this.rules = rules;
  }

  private question(table: PolicyTable): TemplateResult {
    const { situation } = this;
    const set = (name: keyof Situation) => (event: Event) => {
      this.situation = { ...situation, [name]: (event.target as HTMLInputElement).value };
    };
    return html`
      <section class="card" aria-labelledby="question">
        <h2 id="question">Which grace applies here, and why?</h2>
        <div class="filters">
          ${names.map(
            (name) => html`
              <label
                >${LABELS[name]}
                ${
                  CONDITIONS[name].length > 0
                    ? html`<select @change=${set(name)}>
                        ${CONDITIONS[name].map(
                          (value) =>
                            html`<option value=${value} ?selected=${value === situation[name]}>
                              ${value}
                            </option>`,
                        )}
                      </select>`
                    : html`<input .value=${situation[name]} @input=${set(name)} />`
                }
              </label>
            `,
          )}
          <label
            >And which
            <select @change=${(event: Event) => (this.asked = (event.target as HTMLSelectElement).value)}>
              ${Object.keys(table.base).map(
                (name) =>
                  html`<option value=${name} ?selected=${name === this.asked}>${wordsOf(name)}</option>`,
              )}
            </select>
          </label>
        </div>
        <div role="status">
          ${explanationTemplate(explainGrace(table, situation))}
          ${explanationTemplate(explain(table, this.asked, situation))}
        </div>
        ${this.isChanged ? html`<p class="lead">With the changes that are not saved yet.</p>` : nothing}
      </section>
    `;
  }

  private edit(index: number, typed?: PolicyRule): void {
    this.editing = index;
    this.typedBefore = typed;
    const set = Object.entries((typed ?? this.rules[index])?.set ?? { grace: 'PT5M' });
    this.values = set.map(([name, value]) => [name, String(value)] as const);
    void this.updateComplete.then(() => this.querySelector('dialog')?.showModal());
  }

  private editor(index: number): TemplateResult {
    const rule = this.typedBefore ?? this.rules[index];
    const close = () => {
      this.editing = undefined;
      this.drafts.set('rule', undefined);
    };
    const keep = () => {
      const form = this.querySelector<HTMLFormElement>('dialog form');
      if (form)
        this.drafts.set('rule', {
          of: this.rules[index]?.id,
          rule: this.ruleOf(new FormData(form)),
        } satisfies EditedRule);
    };
    const known = Object.keys(this.table?.base ?? {});
    const set = (values: typeof this.values) => {
      this.values = values;
      keep();
    };
    const change = (at: number, name: string, value: string) =>
      set(this.values.map((pair, n) => (n === at ? ([name, value] as const) : pair)));
    return html`
      <dialog class="wide" aria-labelledby="edited" @close=${close}>
        <form
          @submit=${(event: SubmitEvent) => {
            event.preventDefault();
            this.put(index, this.ruleOf(new FormData(event.target as HTMLFormElement)));
            close();
          }}
          @input=${keep}
        >
          <h2 id="edited">${this.rules[index] ? `Rule ${this.rules[index].id}` : 'New rule'}</h2>
          <label
            >Name (letters, digits, - and _)
            <input name="id" required pattern="[A-Za-z0-9_\\-]{1,64}" .value=${rule?.id ?? ''}
          /></label>
          <fieldset>
            <legend>When (nothing chosen: always)</legend>
            ${names.map((name) =>
              CONDITIONS[name].length > 0
                ? html`<div class="choices" role="group" aria-label=${LABELS[name]}>
                    <span>${LABELS[name]}</span>
                    ${CONDITIONS[name].map(
                      (value) =>
                        html`<label class="inline">
                          <input
                            type="checkbox"
                            name=${name}
                            value=${value}
                            ?checked=${rule?.when[name]?.includes(value) ?? false}
                          />
                          ${value}
                        </label>`,
                    )}
                  </div>`
                : html`<label
                    >${LABELS[name]} (several: with commas)
                    <input name=${name} .value=${rule?.when[name]?.join(', ') ?? ''} />
                  </label>`,
            )}
          </fieldset>
          <fieldset>
            <legend>Sets (lengths as PT3M, PT1H30M, P1D)</legend>
            ${this.values.map(
              ([name, value], at) => html`
                <div class="pair">
                  <select
                    aria-label="Value"
                    @change=${(event: Event) => change(at, (event.target as HTMLSelectElement).value, value)}
                  >
                    ${known.map((one) => html`<option value=${one} ?selected=${one === name}>${wordsOf(one)}</option>`)}
                  </select>
                  <input
                    aria-label=${wordsOf(name)}
                    required
                    .value=${value}
                    @input=${(event: Event) => change(at, name, (event.target as HTMLInputElement).value)}
                  />
                  <button
                    type="button"
                    ?disabled=${this.values.length === 1}
                    @click=${() => set(this.values.filter((_, n) => n !== at))}
                  >
                    Remove<span class="hidden"> ${wordsOf(name)}</span>
                  </button>
                </div>
              `,
            )}
            <button
              type="button"
              @click=${() => {
                const free = known.find((one) => !this.values.some(([name]) => name === one)) ?? 'grace';
                set([...this.values, [free, String(this.table?.base[free] ?? '')]]);
              }}
            >
              One more
            </button>
          </fieldset>
          <div class="buttons">
            <button type="button" @click=${close}>Cancel</button>
            <button class="primary">Apply</button>
          </div>
        </form>
      </dialog>
    `;
  }

  /** On the page; saved with all others. */
  private put(index: number, rule: PolicyRule): void {
    this.rules = [...this.rules.slice(0, index), rule, ...this.rules.slice(index + 1)];
  }

  private ruleOf(fields: FormData): PolicyRule {
    const when: Record<string, string[]> = {};
    for (const name of names) {
      const chosen = fields
        .getAll(name)
        .flatMap((value) => (typeof value === 'string' ? value.split(',') : []));
      const values = chosen.map((value) => value.trim()).filter((value) => value !== '');
      if (values.length > 0) when[name] = values;
    }
    const set = Object.fromEntries(
      this.values.map(([name, value]) => [name, this.typed(name, value.trim())]),
    );
    const id = fields.get('id');
    return { id: typeof id === 'string' ? id : '', when, set };
  }

  /** As the API wants it: what is a number or a switch in the settings is one here. */
  private typed(name: string, value: string): PolicyValue {
    const kind = typeof this.table?.base[name];
    if (value === 'null') return null;
    if (kind === 'number' && value !== '' && !Number.isNaN(Number(value))) return Number(value);
    return kind === 'boolean' && /^(true|false)$/.test(value) ? value === 'true' : value;
  }
}

const whenOf = ({ when }: PolicyRule): string =>
  names
    .filter((name) => when[name] !== undefined)
    .map((name) => `${LABELS[name].toLowerCase()}: ${when[name]?.join(' or ')}`)
    .join('; ') || 'always';

const setOf = ({ set }: PolicyRule): TemplateResult[] =>
  Object.entries(set).map(
    ([name, value]) => html`<div>${wordsOf(name)}: <strong>${readableLength(value)}</strong></div>`,
  );

customElements.define('policies-page', PoliciesPage);
