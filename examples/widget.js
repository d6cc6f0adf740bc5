/**
 * A chat widget without its looks, to copy into a page. The page has to give `api` (the address of the app), `show(push)`,
 * `showNew()` and `showEnded(reason, options, redirectUrl)`. The pushes are described in docs/API.md.
 */
/* global api, show, showEnded, showNew */
import { WebPubSubClient } from '@azure/web-pubsub-client';

const CUSTOMER = {
  name: 'Ann',
  locale: 'en',
  queue: 'sales',
  workstream: 'sales',
  context: { OrderId: '4711' },
};

/** One conversation: the one whose ticket this tab has kept, or a new one. Call it again for the next. */
export function openChat() {
  let access;
  const shown = new Set();
  let ended = false;

  /** Asked for every new connection. It does not give up, for the client's first try is its only one. */
  async function getClientAccessUrl() {
    while (!ended) {
      const ticket = sessionStorage.getItem('chat-ticket');
      const answer = await fetch(`${api}/api/v1/negotiate`, {
        method: 'POST',
        headers: ticket ? { authorization: `Bearer ${ticket}` } : {},
        body: JSON.stringify(CUSTOMER),
      }).catch(() => undefined);
      const body = await answer?.json().catch(() => undefined);
      if (answer?.ok) {
        if (access !== undefined && access.conversationId !== body.conversationId) begin(); // the ticket had expired
        access = body;
        sessionStorage.setItem('chat-ticket', access.ticket);
        return access.url;
      }
      if (answer?.status === 400) {
        console.error(body.detail); // a mistake in CUSTOMER: trying again would not help
        break;
      }
      if (body?.code === 'conversation-ended') {
        access = { conversationId: body.conversationId, ticket };
        if (body.conversationId) await loadTranscript().catch(console.error); // answered while nobody was here
        end(body);
      } else if (answer?.status === 401)
        sessionStorage.removeItem('chat-ticket'); // expired: a new conversation begins
      else await new Promise((resolve) => setTimeout(resolve, 1_000 * (body?.retryAfterSeconds ?? 2)));
    }
    return new Promise(() => {}); // parks the client: its stop() has no effect while it reconnects
  }

  /** Another conversation than before: the page shows nothing of the last one. */
  function begin() {
    shown.clear();
    showNew();
  }

  /** `reason`: customer-disconnected, customer-ended, agent-ended, auto-closed. `options`: new-conversation, redirect. */
  function end({ reason, options, redirectUrl }) {
    if (ended) return;
    ended = true;
    sessionStorage.removeItem('chat-ticket'); // it opens nothing any more; the next openChat() begins anew
    showEnded(reason, options, redirectUrl);
  }

  /** Each entry of the transcript once: it comes as a push, and again when it is loaded. Own messages come back, too. */
  function receive(push) {
    if (push.type === 'conversation-ended') return end(push);
    const key = push.sequence ?? push.id; // a refusal has neither, and comes once
    if (key !== undefined && shown.has(key)) return;
    shown.add(key);
    // In the order of `sequence`; with `textContent`, never as HTML: names and texts are whatever people wrote.
    show(push);
  }

  /** What was said while nobody listened here: a new connection gets no pushes of before. */
  async function loadTranscript() {
    for (let after = 0; after !== undefined;) {
      const url = `${api}/api/v1/conversations/${access.conversationId}?after=${after}`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${access.ticket}` } });
      if (!answer.ok) return;
      const { transcript, nextAfter } = await answer.json();
      for (const { kind, ...entry } of transcript) receive({ type: kind, ...entry });
      after = nextAfter;
    }
  }

  const client = new WebPubSubClient({ getClientAccessUrl });
  client.on('connected', () => void loadTranscript().catch(console.error));
  // message, notice, conversation-assigned, conversation-queued, queue-position, conversation-ended
  client.on('group-message', ({ message }) => receive(message.data));
  // { type: 'refused', messageId, code, detail, field, state }; after the end also endReason, options, redirectUrl
  client.on('server-message', ({ message }) => receive(message.data));
  const start = () => client.start().catch(() => setTimeout(start, 2_000));
  void start();
  // A page that is left says goodbye: without one the service waits half a minute for the socket to come back before it tells
  // the app. A page that the browser keeps (`persisted`) may be shown again: its socket is closed then, and the client reconnects.
  addEventListener('pagehide', ({ persisted }) => persisted || client.stop());
  return {
    /**
     * Of 1 to 8,000 characters. Rejects when nobody knows whether it was stored: sent again with the same `messageId`, it
     * is stored once. Resolves when it was stored, or refused, which comes as `refused` with its `messageId`.
     */
    say: (text, messageId = crypto.randomUUID()) => client.sendEvent('message', { text, messageId }, 'json'),
    /** Ends the conversation. Not waiting for an answer: the socket is closed before it could come. */
    leave: () => client.sendEvent('leave', {}, 'json', { fireAndForget: true }),
  };
}
