import type { ChatWidget } from './element';
import type { Conversation } from './conversation';
import { beep, saveTranscript } from './extras';
import type { Chat, Input, Problem } from './messages';
import type { Child, h as element, kept as keptOf } from './panel';
import { AROUND } from './around-style';
import type { fill as filled, Texts } from './texts';

/** What the panel gives: this file imports nothing of it, so that it fits the panel of another build. It may grow, and not change. */
export interface Frame {
  readonly host: ChatWidget;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly panel: HTMLElement;
  readonly header: HTMLElement;
  readonly field: HTMLTextAreaElement;
  readonly log: HTMLElement;
  readonly conversation: Conversation;
  readonly texts: Texts;
  readonly locale: string;
  /** Tells that this part is missing, as long as it is. */
  readonly missing?: HTMLElement;
  /** What is wrong with what the page has given. */
  readonly problem: Problem | undefined;
  readonly h: typeof element;
  readonly fill: typeof filled;
  readonly kept: typeof keptOf;
  readonly because: (code?: string) => string;
  /** Said once by screen readers. */
  readonly say: (text: string) => void;
  /** How many entries the customer has not seen. */
  readonly unread: () => number;
}

/** What is around the conversation. */
export interface Around {
  /** @param hadFocus something of the chat had it */
  render(input: Input | undefined, hadFocus: boolean): void;
  /** Whether the key was for something here. */
  escape(): boolean;
  close(): void;
}

/** Somebody who typed so long ago does not type any more, in milliseconds. */
const TYPES_FOR = 6_000;
/** How long it is said that the line is back, in milliseconds. */
const BACK_FOR = 4_000;
const SOUND = 'chat-sound';

/**
 * What tells of the conversation, and is not it: the line, who types, what is unread, the end, sound and transcript. It comes
 * right after the panel, in which one can write without it.
 */
export function surround(frame: Frame): Around {
  const { host, root, launcher, panel, header, field, log, conversation, texts, locale } = frame;
  const { h, fill, kept, because, say } = frame;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(AROUND);
  root.adoptedStyleSheets.push(sheet);
  const iconButton = (path: string, label: string, onclick: () => void) =>
    h('button', { ariaLabel: label, title: label, onclick }, host.icon(path));
  const badge = h('span', { className: 'badge', hidden: true, ariaHidden: 'true' });
  launcher.append(badge);
  const sound = iconButton('', texts.sound, switchSound);
  const download = iconButton('M12 4v11m0 0-4-4m4 4 4-4M5 20h14', texts.download, save);
  header.lastChild!.before(sound, download);
  const banner = h('div', { className: 'banner', hidden: true });
  const types = h('div', { className: 'types', ariaHidden: 'true' });
  const footer = h('footer');
  log.before(banner);
  log.after(types);
  panel.append(footer);

  let isAsking = false;
  function ask(isOpen: boolean): void {
    isAsking = isOpen;
    renderFooter(conversation.chat);
    footer.querySelector('button')?.focus();
  }

  // Prevents: whoever has asked for this part by the keyboard is nowhere when it is there.
  let hasAsked = frame.missing?.contains(root.activeElement) === true;
  // As far as the panel has told it, while this part was missing.
  let phase = panel.dataset['phase'] as Chat['phase'];
  let wasLost = phase === 'lost';
  let backAt = 0;
  let footerOf = '';
  const title = { own: document.title, set: '' };

  function render(input: Input | undefined, hadFocus: boolean): void {
    if (input?.type === 'read') return renderUnread();
    const { chat } = conversation;
    download.hidden = chat.entries.length === 0;
    renderPhase(chat);
    renderBanner(chat);
    renderTypes(chat);
    renderFooter(chat);
    // What had the focus is not there any more.
    if (hadFocus && root.activeElement?.closest('[hidden]') !== null) footer.querySelector('button')?.focus();
    if (hasAsked)
      panel
        .querySelector<HTMLElement>('form:not([hidden]) :is(input,textarea,button), footer button')
        ?.focus();
    hasAsked = false;
    renderUnread(input);
    if (input?.type === 'delivery' && (input.delivery === 'failed' || input.delivery === 'refused')) {
      say(`${texts[input.delivery]}. ${because(input.because)}`);
    }
  }

  function renderPhase(chat: Chat): void {
    if (chat.phase === phase) return;
    const isFirst = phase === 'idle' || phase === 'opening';
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
  }

  const until = ({ lostAt, keptFor }: Chat) =>
    lostAt === undefined || keptFor === undefined ? undefined : lostAt + keptFor;
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  function keptUntil(chat: Chat): string {
    const end = until(chat);
    if (end === undefined) return '';
    return end < Date.now() ? texts.late : fill(texts.kept, { time: clock.format(end) });
  }
  const reason = ({ end }: Chat): string => texts[end?.reason as keyof Texts] ?? '';

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
    void advise(chat.problem ?? frame.problem);
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

  function renderUnread(input?: Input): void {
    if (!panel.hidden && !document.hidden) conversation.read();
    const count = frame.unread();
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
    if (isLoud() && conversation.leads) beep();
  }

  // --- sound, off until it is switched on ---
  const isLoud = () => kept(() => localStorage, SOUND) !== undefined;
  function renderSound(): void {
    sound.ariaPressed = String(isLoud());
    sound.replaceChildren(
      host.icon(
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

  return {
    render,
    escape() {
      if (!isAsking) return false;
      ask(false);
      return true;
    },
    close() {
      clearTimeout(ticking);
      clearTimeout(typesTimer);
      badge.remove();
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet);
      if (document.title === title.set) document.title = title.own;
    },
  };
}
