import { Conversation, stored } from './conversation';
import type { ChatWidget } from './element';
import type { Customer } from './line';
import { unread, type Chat, type Entry, type Input, type Problem } from './messages';
import type { Around, Frame } from './around';
import { STYLE } from './style';
import { fill, textsFor, type Texts } from './texts';

/** What the launcher does with the chat once it is there. */
export interface Mounted {
  toggle(isOpen?: boolean): void;
  /** The site has signed its customer out. */
  forget(): void;
  /** Takes everything away, and closes the line. */
  close(): void;
}

export type Child = Node | string | undefined;
type Props<T> = Partial<Omit<T, 'style' | 'children'>>;

/** An element with its properties: texts are texts, never HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  props: Props<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Prevents: another customer is signed in while the page stays, and has the chat of the one before. */
export async function mount(
  host: ChatWidget,
  root: ShadowRoot,
  launcher: HTMLButtonElement,
): Promise<Mounted> {
  let { owner } = host;
  let mounted = await mountOne(host, root, launcher);
  let isClosed = false;
  const change = async () => {
    if (owner === host.owner || isClosed) return;
    owner = host.owner;
    mounted.close();
    mounted = await mountOne(host, root, launcher);
    if (isClosed) mounted.close();
  };
  let changes = change();
  const watch = new MutationObserver(() => void (changes = changes.then(change)));
  watch.observe(host, { attributeFilter: ['customer', 'ticket-callback'] });
  return {
    toggle: (isOpen) => mounted.toggle(isOpen),
    forget: () => mounted.forget(),
    close() {
      isClosed = true;
      watch.disconnect();
      mounted.close();
    },
  };
}

async function mountOne(host: ChatWidget, root: ShadowRoot, launcher: HTMLButtonElement): Promise<Mounted> {
  const locale = languageTag(host.locale);
  const texts: Texts = { ...(await textsFor(locale)), ...host.texts };
  const { signIn, context, problem: own } = setUp(host);

  const conversation = new Conversation({
    api: host.api,
    customerId: host.getAttribute('customer') ?? '',
    signIn,
    ...(host.pace && { pace: host.pace }),
    customer: () => ({ locale, ...attributes(host), ...(context && { context }) }),
    changed: (_chat, input) => render(input),
  });

  // --- what there is ---
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets.push(sheet);

  const status = h('div', { className: 'hint', role: 'status' });
  const about = h('p');
  const close = h(
    'button',
    { ariaLabel: texts.close, title: texts.close, onclick: () => toggle(false) },
    host.icon('M6 6l12 12M18 6L6 18'),
  );
  const first = h('ol');
  const log = h('div', { className: 'log', role: 'log', tabIndex: 0, ariaLabel: texts.title }, first);
  // What becomes of a message is not read with all of the log again; what has failed, the status says.
  log.setAttribute('aria-relevant', 'additions');
  const field = h('textarea', { rows: 1, maxLength: 8_000, name: 'message', autocomplete: 'off' });
  const writing = h(
    'form',
    {},
    h('label', {}, texts.message, field),
    h('button', { className: 'main' }, texts.send),
  );
  const name = h('input', { name: 'name', maxLength: 100, autocomplete: 'name' });
  const starting = h(
    'form',
    { className: 'start' },
    h('p', {}, texts.hello),
    host.hasAttribute('name') ? undefined : h('label', {}, texts.name, name),
    h('button', { className: 'main' }, texts.start),
  );
  const header = h('header', {}, h('div', {}, h('h2', {}, texts.title), about), close);
  const panel = h(
    'section',
    { className: 'panel', hidden: true, role: 'dialog', ariaLabel: texts.title },
    header,
    log,
    starting,
    writing,
  );
  panel.id = 'panel';
  launcher.setAttribute('aria-controls', panel.id);
  root.append(status, panel);

  // --- what people do ---
  starting.onsubmit = (event) => {
    event.preventDefault();
    conversation.begin(name.value.trim());
    field.focus();
  };
  const send = () => {
    if (field.value.trim() === '') return;
    conversation.say(field.value);
    field.value = '';
    field.focus();
  };
  writing.onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  field.onkeydown = (event) => {
    // Enter that chooses a word of an input method does not send.
    // In Safari the composition is over by then, and the code of the key alone tells it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  field.oninput = () => conversation.typing();
  panel.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (!around?.escape()) toggle(false);
  };
  const seen = () => render();
  document.addEventListener('visibilitychange', seen);

  /** @param isAsked by somebody: then it has the focus */
  function toggle(isOpen = panel.hidden === true, isAsked = true): void {
    kept(() => sessionStorage, OPEN, isOpen ? 'on' : '');
    panel.hidden = !isOpen;
    launcher.ariaExpanded = String(isOpen);
    launcher.ariaLabel = isOpen ? texts.close : texts.open;
    render();
    if (!isOpen) return launcher.focus();
    log.scrollTop = log.scrollHeight;
    if (!isAsked) return;
    panel.querySelector<HTMLElement>('form:not([hidden]) :is(input,textarea,button), footer button')?.focus();
  }

  // --- what is shown ---
  let isClosed = false;
  const shown = new Map<Entry, HTMLLIElement>();
  let drawn: Pick<Chat, 'entries' | 'phase'> = conversation.chat;
  /** Said once by screen readers; the same text again is said again. */
  function say(text: string): void {
    status.replaceChildren(h('p', {}, text));
  }

  /** How much that is unread has been told of. */
  let told = 0;

  function render(input?: Input): void {
    if (isClosed) return;
    const { chat } = conversation;
    const { phase } = chat;
    const { phase: before } = panel.dataset;
    if (input?.type === 'forgotten') field.value = name.value = '';
    const isFocused = root.activeElement !== null && root.activeElement !== launcher;
    renderEntries(chat, input?.type === 'view' && chat.entries.length > 1);
    const isIdle = phase === 'idle';
    starting.hidden = !isIdle;
    log.hidden = isIdle;
    writing.hidden = /idle|ended|stuck/.test(phase);
    const place = chat.position === undefined ? texts.soon : fill(texts.queue, { n: chat.position });
    // Prevents: what is around the conversation comes late, or not at all, and until then a loss is neither shown nor told.
    const line =
      !around && phase === 'open' && before === 'lost'
        ? texts.back
        : /open$|idle/.test(phase) || (around && phase === 'lost')
          ? ''
          : texts[phase as 'lost'];
    about.textContent = line || (isIdle ? '' : chat.agent ? fill(texts.agent, { name: chat.agent }) : place);
    if (!around && before && before !== phase) say(line);
    if (told < (told = unread(chat)) && panel.hidden) say(fill(texts.unread, { n: told }));
    around?.render(input, isFocused);
    // The network is there again, and with it perhaps what was missing.
    if (input?.type === 'opened' && missing.parentNode) void loadAround();
    panel.dataset['phase'] = phase;
  }

  const because = (code?: string): string =>
    code === 'too-many-messages' ? texts.tooMany : code?.startsWith('conversation-') ? texts.full : '';

  const minutes = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  function renderEntries({ entries, phase }: Chat, isHistory: boolean): void {
    // What was there before the page is no news.
    log.ariaBusy = String(isHistory);
    const was = drawn.phase === phase ? drawn.entries : [];
    if (was === entries) return;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    // Prevents: one more message costs a look at each of thousands.
    let index = 0;
    while (index < was.length && was[index] === entries[index]) index++;
    const gone = new Set(drawn.entries.slice(index));
    drawn = { entries, phase };
    let after = shown.get(entries[index - 1]!);
    for (const entry of entries.slice(index)) {
      let item = shown.get(entry);
      if (item !== undefined && entry.delivery === 'sending') fillItem(item, entry, phase);
      if (item === undefined) {
        // The same message, and something new about it: the item stays, so that it is announced once.
        const old = [...gone].find((one) => one.messageId !== undefined && one.messageId === entry.messageId);
        item = old && shown.get(old);
        if (old !== undefined) {
          gone.delete(old);
          shown.delete(old);
        }
        item = fillItem(item ?? h('li'), entry, phase);
        shown.set(entry, item);
      }
      gone.delete(entry);
      // Prevents: what is at its place already is moved, and read again.
      if (after ? after.compareDocumentPosition(item) !== 4 : !item.parentNode) put(item, after);
      after = item;
    }
    for (const entry of gone) {
      shown.get(entry)?.remove();
      shown.delete(entry);
    }
    if (gone.size) for (const list of log.querySelectorAll('ol+ol:empty')) list.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  /** In lists of a few: those that are the same as before, the browser neither lays out again nor draws. */
  function put(item: HTMLLIElement, after: HTMLLIElement | undefined): void {
    const list = after?.parentElement ?? first;
    if (list.lastChild === after && list.childElementCount >= TOGETHER) {
      const fresh = h('ol');
      list.after(fresh);
      fresh.append(item);
    } else list.insertBefore(item, after ? after.nextSibling : list.firstChild);
  }

  function fillItem(item: HTMLLIElement, entry: Entry, phase: Chat['phase']): HTMLLIElement {
    const { from, name, text, at, delivery, messageId } = entry;
    item.className = `${from} ${delivery ?? ''}`;
    const who = from === 'system' ? undefined : from === 'customer' ? texts.you : (name ?? '');
    const state = delivery === 'sending' && phase === 'lost' ? texts.held : delivery && texts[delivery];
    const meta = h(
      'span',
      { className: 'meta' },
      h('time', { dateTime: at }, minutes.format(new Date(at))),
      state && ` · ${[state, because(entry.because)].filter(Boolean).join('. ')}`,
    );
    if ((delivery === 'failed' || delivery === 'refused') && phase !== 'ended') {
      const onclick = () => (conversation.retry(messageId!), field.focus());
      meta.append(h('button', { onclick }, texts.retry));
    }
    // Prevents: a text that is set again is read again.
    if (item.lastChild) item.lastChild.replaceWith(meta);
    else {
      if (who !== undefined) item.append(h('span', { className: 'who' }, who));
      item.append(h('p', {}, text), meta);
    }
    return item;
  }

  // --- what is around it ---
  let around: Around | undefined;
  const missing = h('p', { className: 'missing', role: 'alert' }, texts.missing);
  missing.append(h('button', { onclick: () => loadAround() }, texts.retry));
  const frame: Frame = {
    ...{ host, root, launcher, panel, header, field, log, conversation, texts, locale, missing },
    ...{ problem: own, h, fill, kept, because, say, unread: () => unread(conversation.chat) },
  };
  async function loadAround(): Promise<void> {
    try {
      const { surround } = await import('./around');
      if (isClosed || around) return;
      around = surround(frame);
      missing.remove();
      render();
    } catch (thrown) {
      console.error('<chat-widget>', thrown);
      // Where it is told already, it is said again.
      if (missing.parentNode) say(texts.missing);
      else header.after(missing);
    }
  }
  void loadAround();

  render();
  // As it was on the page before.
  if (kept(() => sessionStorage, OPEN)) toggle(true, false);
  return {
    toggle,
    forget: () => conversation.forget(),
    close() {
      isClosed = true;
      conversation.close();
      document.removeEventListener('visibilitychange', seen);
      around?.close();
      for (const element of [status, panel]) element.remove();
      launcher.ariaExpanded = 'false';
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet);
    },
  };
}

/** How many messages are laid out and drawn together. */
const TOGETHER = 50;

/** What is kept of the looks: whether it is open, for the tab (the launcher looks for it, too). */
const OPEN = 'chat-open';

/** Reads, or writes where a value is given. Browsers may refuse storage: then nothing is kept. */
export function kept(storage: () => Storage, key: string, value?: string): string | undefined {
  const one = stored(storage, key);
  if (value !== undefined) one.set(value || undefined);
  return value ?? one.get();
}

const attributes = (host: ChatWidget): Customer =>
  Object.fromEntries(
    ['name', 'queue', 'workstream', 'channel-instance'].flatMap((attribute) => {
      const value = host.getAttribute(attribute);
      return value ? [[attribute.replace('-i', 'I'), value]] : [];
    }),
  );

/** As `Intl` and the app take it: `en-US` of the `en_US.UTF-8` of some content management systems; English for what is no language. */
function languageTag(given: string): string {
  try {
    return new Intl.Locale(
      given
        .trim()
        .replace(/[.@].*/, '')
        .replace(/_/g, '-'),
    ).toString();
  } catch {
    return 'en';
  }
}

/** What the page has given, and what is wrong with it. */
function setUp(host: ChatWidget) {
  let problem: Problem | undefined = isSecureContext ? undefined : { kind: 'insecure' };
  let context: Record<string, string> | undefined;
  const given = host.getAttribute('context');
  try {
    if (given) context = JSON.parse(given) as Record<string, string>;
  } catch {
    problem = { kind: 'context', detail: given! };
  }
  const called = host.getAttribute('ticket-callback');
  const signIn = async (): Promise<string> => {
    const callback = host.ticketCallback ?? (globalThis as Record<string, unknown>)[called ?? ''];
    if (typeof callback !== 'function') throw new Error(`window.${called} is no function`);
    const ticket: unknown = await (callback as () => unknown)();
    if (typeof ticket !== 'string' || !ticket) throw new Error('it has returned no text');
    return ticket;
  };
  return { context, problem, signIn: host.ticketCallback || called !== null ? signIn : undefined };
}
