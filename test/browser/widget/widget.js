/**
 * A chat widget like examples/widget.js, with nothing but the browser: `fetch` and its own WebSocket.
 * The address of the app comes in the query: `?api=http://localhost:7071`.
 */
const api = new URLSearchParams(location.search).get('api');

/** In localStorage, so that all tabs of the customer share the conversation. */
const TICKET = 'chat-ticket';
const PROFILE = { name: 'Ann', locale: 'en', queue: 'browser', context: { OrderId: '4711' } };
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

const element = (id) => document.getElementById(id);

let socket;
let pause = FIRST_PAUSE_MS;
let ended = false;
let lastAckId = 0;
/** What the service has not acknowledged yet, by ackId. */
const unacknowledged = new Map();

async function connect() {
  let access;
  try {
    access = await negotiate();
  } catch {
    return connectLater();
  }
  if (access === undefined) return;
  socket = new WebSocket(access.url, 'json.webpubsub.azure.v1');
  socket.addEventListener('message', ({ data }) => receive(JSON.parse(data), access));
  socket.addEventListener('close', () => {
    for (const { reject } of unacknowledged.values()) reject(new Error('The connection was lost.'));
    unacknowledged.clear();
    connectLater();
  });
}

/** A socket's URL; undefined when the conversation has ended, and there is nothing to come back to. */
async function negotiate() {
  const ticket = localStorage.getItem(TICKET);
  const answer = await fetch(`${api}/api/v1/negotiate`, {
    method: 'POST',
    headers: ticket ? { authorization: `Bearer ${ticket}` } : {},
    body: JSON.stringify(PROFILE),
  });
  const body = await answer.json();
  if (body.code === 'conversation-ended') return showEnd(body.reason);
  if (!answer.ok) throw new Error(body.detail);
  localStorage.setItem(TICKET, body.ticket);
  return body;
}

/**
 * After longer and longer pauses, cut short when the network returns. Also after the end, as the service's own client
 * does: `negotiate` then answers that there is no way back.
 */
function connectLater() {
  if (!ended) show('reconnecting');
  const again = () => {
    clearTimeout(timer);
    removeEventListener('online', again);
    void connect();
  };
  const timer = setTimeout(again, pause);
  addEventListener('online', again);
  pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
}

function receive(frame, access) {
  if (frame.type === 'system' && frame.event === 'connected') {
    pause = FIRST_PAUSE_MS;
    show('connected');
    void loadTranscript(access);
  } else if (frame.type === 'ack') {
    const sent = unacknowledged.get(frame.ackId);
    unacknowledged.delete(frame.ackId);
    if (frame.success || frame.error.name === 'Duplicate') sent?.resolve();
    else sent?.reject(new Error(frame.error.message));
  } else if (frame.type === 'message') {
    receivePush(frame.data);
  }
}

function receivePush(push) {
  if (push.type === 'message') addMessage(push);
  if (push.type === 'conversation-ended') showEnd(push.reason);
  if (push.type === 'refused') element('problem').textContent = push.detail;
}

/** What was said while nobody listened here. */
async function loadTranscript({ conversationId, ticket }) {
  let after = 0;
  while (after !== undefined) {
    const answer = await fetch(`${api}/api/v1/conversations/${conversationId}?after=${after}`, {
      headers: { authorization: `Bearer ${ticket}` },
    });
    if (!answer.ok) return;
    const { transcript, nextAfter } = await answer.json();
    transcript.filter(({ kind }) => kind === 'message').forEach(addMessage);
    after = nextAfter;
  }
}

/** In the order of the conversation, each message once: pushes and the transcript overlap. */
function addMessage({ sequence, author, text }) {
  const shown = [...element('messages').children];
  if (shown.some((item) => Number(item.dataset.sequence) === sequence)) return;
  const item = document.createElement('li');
  item.dataset.sequence = sequence;
  item.textContent = `${author.role === 'customer' ? 'You' : author.name}: ${text}`;
  const next = shown.find((other) => Number(other.dataset.sequence) > sequence);
  element('messages').insertBefore(item, next ?? null);
}

function sendEvent(event, data) {
  const ackId = ++lastAckId;
  return new Promise((resolve, reject) => {
    unacknowledged.set(ackId, { resolve, reject });
    socket.send(JSON.stringify({ type: 'event', event, ackId, dataType: 'json', data }));
  });
}

function show(state) {
  element('state').textContent = state;
  for (const id of ['send', 'leave']) element(id).disabled = state !== 'connected';
}

function showEnd(reason) {
  ended = true;
  show(`ended: ${reason}`);
  element('new-conversation').hidden = false;
}

element('writing').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = element('text').value;
  try {
    await sendEvent('message', { text, messageId: crypto.randomUUID() });
    element('text').value = '';
    element('problem').textContent = '';
  } catch (error) {
    element('problem').textContent = error.message;
  }
});
// The answer may not come: the app closes the socket that it would come over. The push and `negotiate` tell the end.
element('leave').addEventListener('click', () => sendEvent('leave', {}).catch(() => undefined));
element('new-conversation').addEventListener('click', () => {
  localStorage.removeItem(TICKET);
  location.reload();
});

void connect();
