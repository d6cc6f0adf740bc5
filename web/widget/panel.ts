import { Conversation } from './conversation';
import type { ChatWidget } from './element';
import type { Customer } from './line';
import { unread, type Chat, type Entry, type Input, type Problem } from './messages';
import { beep, saveTranscript } from './extras';
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

/** Somebody who typed so long ago does not type any more, in milliseconds. */
const TYPES_FOR = 6_000;
/** How long it is said that the line is back, in milliseconds. */
const BACK_FOR = 4_000;

type Child = Node | string | undefined;
type Props<T> = Partial<Omit<T, 'style' | 'children'>>;

/** An element with its properties: texts are texts, never HTML. */
function h<K extends keyof HTMLElementTagNameMap>(
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
  const { icon } = host;
  const iconButton = (path: string, label: string, onclick: () => void) =>
    h('button', { ariaLabel: label, title: label, onclick }, icon(path));
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
  const badge = h('span', { className: 'badge', hidden: true, ariaHidden: 'true' });
  launcher.append(badge);
  const about = h('p');
  const sound = iconButton('', texts.sound, switchSound);
  const download = iconButton('M12 4v11m0 0-4-4m4 4 4-4M5 20h14', texts.download, save);
  const close = iconButton('M6 6l12 12M18 6L6 18', texts.close, () => toggle(false));
  const banner = h('div', { className: 'banner', hidden: true });
  const list = h('ol');
  const log = h('div', { className: 'log', role: 'log', tabIndex: 0, ariaLabel: texts.title }, list);
  // What becomes of a message is not read with all of the log again; what has failed, the status says.
  log.setAttribute('aria-relevant', 'additions');
  const types = h('div', { className: 'types', ariaHidden: 'true' });
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
  const footer = h('footer');
  const panel = h(
    'section',
    { className: 'panel', hidden: true, role: 'dialog', ariaLabel: texts.title },
    h('header', {}, h('div', {}, h('h2', {}, texts.title), about), sound, download, close),
    banner,
    log,
    types,
    starting,
    writing,
    footer,
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
    if (isAsking) ask(false);
    else toggle(false);
  };
  const seen = () => render();
  document.addEventListener('visibilitychange', seen);

  let isAsking = false;
  function ask(isOpen: boolean): void {
    isAsking = isOpen;
    renderFooter(conversation.chat);
    footer.querySelector('button')?.focus();
  }

  /** @param isAsked by somebody: then it has the focus */
  function toggle(isOpen = panel.hidden === true, isAsked = true): void {
    kept(() => sessionStorage, OPEN, isOpen ? 'on' : '');
    panel.hidden = !isOpen;
    launcher.ariaExpanded = String(isOpen);
    launcher.ariaLabel = texts.close;
    render();
    if (!isOpen) return launcher.focus();
    log.scrollTop = log.scrollHeight;
    if (!isAsked) return;
    panel.querySelector<HTMLElement>('form:not([hidden]) :is(input,textarea,button), footer button')?.focus();
  }

  // --- what is shown ---
  let phase: Chat['phase'] = 'idle';
  let wasLost = false;
  let backAt = 0;
  let footerOf = '';
  let isClosed = false;
  const shown = new Map<Entry, HTMLLIElement>();
  const title = { own: document.title, set: '' };

  /** Said once by screen readers; the same text again is said again. */
  function say(text: string): void {
    status.replaceChildren(h('p', {}, text));
  }

  function render(input?: Input): void {
    if (isClosed) return;
    const { chat } = conversation;
    if (input?.type === 'forgotten') field.value = name.value = '';
    const isFirst = phase === 'idle' || phase === 'opening';
    const isFocused = root.activeElement !== null && root.activeElement !== launcher;
    renderEntries(chat, input?.type === 'view' && chat.entries.length > 1);
    renderPhase(chat, isFirst);
    renderBanner(chat);
    renderTypes(chat);
    renderFooter(chat);
    // What had the focus is not there any more.
    if (isFocused && !root.activeElement?.checkVisibility()) footer.querySelector('button')?.focus();
    renderUnread(input);
    if (input?.type === 'delivery' && (input.delivery === 'failed' || input.delivery === 'refused')) {
      say(`${texts[input.delivery]}. ${because(input.because)}`);
    }
  }

  function renderPhase(chat: Chat, isFirst: boolean): void {
    const isIdle = chat.phase === 'idle';
    const isOver = chat.phase === 'ended' || chat.phase === 'stuck';
    starting.hidden = !isIdle;
    log.hidden = isIdle;
    writing.hidden = isIdle || isOver;
    download.hidden = chat.entries.length === 0;
    const place = chat.position === undefined ? texts.soon : fill(texts.queue, { n: chat.position });
    const line = {
      idle: '',
      opening: texts.opening,
      ended: texts.ended,
      stuck: texts.stuck,
      lost: '',
      open: '',
    }[chat.phase];
    about.textContent = line || (isIdle ? '' : chat.agent ? fill(texts.agent, { name: chat.agent }) : place);
    if (chat.phase === phase) return;
    if (chat.phase === 'lost') {
      wasLost = true;
      say([texts.lost, keptUntil(chat)].join(' '));
    } else if (chat.phase === 'open' && wasLost && !isFirst) {
      wasLost = false;
      backAt = Date.now();
      say(texts.back);
    } else if (chat.phase === 'ended') {
      wasLost = false;
      say([texts.ended, reason(chat)].join(' '));
    }
    if (chat.phase === 'opening') wasLost = false;
    phase = chat.phase;
    panel.dataset['phase'] = phase;
  }

  const until = ({ lostAt, keptFor }: Chat) =>
    lostAt === undefined || keptFor === undefined ? undefined : lostAt + keptFor;
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const minutes = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  function keptUntil(chat: Chat): string {
    const end = until(chat);
    if (end === undefined) return '';
    return end < Date.now() ? texts.late : fill(texts.kept, { time: clock.format(end) });
  }
  const reason = ({ end }: Chat): string => texts[end?.reason as keyof Texts] ?? '';
  const because = (code?: string): string =>
    code === 'too-many-messages' ? texts.tooMany : code?.startsWith('conversation-') ? texts.full : '';

  /** For the owner of the page, here and in the browser's console. */
  const owner = h('small');
  let advised = '';
  async function advise(problem: Problem | undefined): Promise<void> {
    const key = JSON.stringify(problem ?? '');
    if (key === advised) return;
    advised = key;
    if (problem === undefined) return owner.replaceChildren();
    const detail = await import('./advice').then(
      ({ adviceOn }) => adviceOn(problem, host.api),
      () => JSON.stringify(problem),
    );
    console.error(`<chat-widget>: ${detail}`);
    owner.textContent = fill(texts.owner, { detail });
    renderBanner(conversation.chat);
  }

  let ticking: ReturnType<typeof setTimeout> | undefined;
  function renderBanner(chat: Chat): void {
    clearTimeout(ticking);
    void advise(chat.problem ?? own);
    const isBack = chat.phase === 'open' && Date.now() - backAt < BACK_FOR;
    const parts: Child[] = [];
    if (chat.phase === 'lost') {
      const left = Math.max(0, (until(chat) ?? 0) - Date.now());
      const rest = `${Math.floor(left / 60_000)}:${String(Math.floor(left / 1_000) % 60).padStart(2, '0')}`;
      parts.push(
        h('p', {}, texts.lost),
        h('p', {}, keptUntil(chat), left > 0 ? h('b', { ariaHidden: 'true' }, ` (${rest})`) : ''),
      );
    } else if (chat.phase === 'stuck') {
      parts.push(h('p', {}, texts.stuck), h('button', { onclick: () => conversation.begin() }, texts.retry));
    } else if (chat.phase === 'opening' && chat.problem) {
      parts.push(h('p', {}, chat.problem.kind === 'unreachable' ? texts.unreachable : texts.stuck));
    } else if (isBack) parts.push(texts.back);
    if (owner.textContent !== '') parts.push(owner);
    banner.replaceChildren(...(parts as Node[]));
    banner.hidden = parts.length === 0;
    banner.classList.toggle('good', isBack);
    if (chat.phase === 'lost') ticking = setTimeout(() => renderBanner(conversation.chat), 1_000);
    if (isBack) ticking = setTimeout(() => renderBanner(conversation.chat), BACK_FOR);
  }

  let typesTimer: ReturnType<typeof setTimeout> | undefined;
  function renderTypes({ typingAt = 0, agent = '', phase }: Chat): void {
    clearTimeout(typesTimer);
    const left = typingAt + TYPES_FOR - Date.now();
    const isTyping = phase === 'open' && left > 0;
    types.hidden = phase === 'idle' || phase === 'ended' || phase === 'stuck';
    if (!isTyping) return types.replaceChildren();
    types.replaceChildren(h('i'), h('i'), h('i'), fill(texts.types, { name: agent }));
    typesTimer = setTimeout(() => renderTypes(conversation.chat), left);
  }

  function renderFooter(chat: Chat): void {
    const isOver = chat.phase === 'ended';
    const isGoingOn = chat.phase !== 'idle' && chat.phase !== 'stuck' && !isOver;
    if (!isGoingOn) isAsking = false;
    const now = `${isOver} ${isGoingOn} ${isAsking} ${chat.leaving}`;
    if (now === footerOf) return;
    footerOf = now;
    footer.classList.toggle('over', isOver);
    footer.hidden = !isOver && !isGoingOn;
    const button = (text: string, onclick: () => void, className = '') =>
      h('button', { className, onclick }, text);
    if (isOver) {
      const { options = [], redirectUrl } = chat.end ?? { options: ['new-conversation'] };
      const link = options.includes('redirect') && redirectUrl;
      footer.replaceChildren(
        h('p', {}, [texts.ended, reason(chat)].join(' ')),
        button(texts.new, () => conversation.begin(), 'main'),
        ...(link ? [button(texts.redirect, () => location.assign(redirectUrl))] : []),
        button(texts.download, save),
      );
    } else if (isAsking) {
      footer.replaceChildren(
        h('p', {}, texts.endAsk),
        button(texts.stay, () => (ask(false), field.focus())),
        button(texts.end, () => (conversation.leave(), ask(false), field.focus()), 'main'),
      );
    } else {
      const end = button(texts.end, () => ask(true), 'quiet');
      end.disabled = chat.leaving === true;
      footer.replaceChildren(end);
    }
  }

  function renderEntries({ entries, phase }: Chat, isHistory: boolean): void {
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    // What was there before the page is no news.
    log.ariaBusy = String(isHistory);
    const gone = new Set(shown.keys());
    let before: Element | null = null;
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = entries[index]!;
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
      if (item.nextElementSibling !== before || item.parentNode !== list) list.insertBefore(item, before);
      before = item;
    }
    for (const entry of gone) {
      shown.get(entry)?.remove();
      shown.delete(entry);
    }
    if (isAtEnd) log.scrollTop = log.scrollHeight;
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
    const parts = [
      who === undefined ? undefined : h('span', { className: 'who' }, who),
      h('p', {}, text),
      meta,
    ];
    const kept = item.querySelector('p');
    // Prevents: a text that is set again is read again.
    if (kept === null) item.append(...parts.filter((part) => part !== undefined));
    else item.querySelector('.meta')!.replaceWith(meta);
    return item;
  }

  function renderUnread(input?: Input): void {
    if (!panel.hidden && !document.hidden) conversation.read();
    const count = unread(conversation.chat);
    const { phase, endSeen } = conversation.chat;
    const isOver = phase === 'ended' && !endSeen;
    // What the button says besides, while nobody sees the panel.
    const news =
      count > 0
        ? fill(texts.unread, { n: count })
        : !panel.hidden
          ? ''
          : isOver
            ? texts.ended
            : /^(lost|open)/.test(phase)
              ? texts.running
              : '';
    badge.hidden = !news;
    badge.textContent = count > 0 ? String(count) : isOver ? '!' : '';
    if (panel.hidden) launcher.ariaLabel = news ? `${texts.open}: ${news}` : texts.open;
    if (document.title !== title.set) title.own = document.title;
    title.set = count > 0 ? `(${count}) ${title.own}` : title.own;
    if (document.title !== title.set) document.title = title.set;
    if (input?.type !== 'entry' || input.entry.author?.role !== 'agent' || count === 0) return;
    if (panel.hidden) say(fill(texts.unread, { n: count }));
    if (isLoud() && conversation.leads) beep();
  }

  // --- sound, off until it is switched on ---
  const isLoud = () => kept(() => localStorage, SOUND) !== undefined;
  function renderSound(): void {
    sound.ariaPressed = String(isLoud());
    sound.replaceChildren(
      icon(
        `M4 9.5h3.5L12 6v12l-4.5-3.5H4z${isLoud() ? 'M16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11' : 'M16 9.5l5 5m0-5-5 5'}`,
      ),
    );
  }
  function switchSound(): void {
    kept(() => localStorage, SOUND, isLoud() ? '' : 'on');
    renderSound();
    if (isLoud()) beep();
  }
  renderSound();

  function save(): void {
    const { entries, conversationId = '' } = conversation.chat;
    saveTranscript(entries, `chat-${conversationId}.txt`, texts.you, locale);
  }

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
      clearTimeout(ticking);
      clearTimeout(typesTimer);
      for (const element of [status, panel, badge]) element.remove();
      launcher.ariaExpanded = 'false';
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet);
      if (document.title === title.set) document.title = title.own;
    },
  };
}

/** What is kept of the looks: whether it is open, for the tab (the launcher looks for it, too), and the sound. */
const OPEN = 'chat-open';
const SOUND = 'chat-sound';

/** Reads, or writes where a value is given. Browsers may refuse storage: then nothing is kept. */
function kept(storage: () => Storage, key: string, value?: string): string | undefined {
  try {
    if (value) storage().setItem(key, value);
    if (value === '') storage().removeItem(key);
    return storage().getItem(key) || undefined;
  } catch {
    return undefined;
  }
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
