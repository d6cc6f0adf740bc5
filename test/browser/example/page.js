/** The looks that examples/widget.js leaves to the page, as few as a test needs. */
import { openChat } from '../../../examples/widget.js';

const element = (id) => document.getElementById(id);
const say = (state) => void (element('state').textContent = state);

/** Tells whether a socket is open: the widget itself has no need to know. */
globalThis.WebSocket = class extends WebSocket {
  constructor(...parts) {
    super(...parts);
    this.addEventListener('open', () => say('connected'));
    this.addEventListener('close', () => say('reconnecting'));
  }
};

Object.assign(globalThis, {
  api: new URLSearchParams(location.search).get('api'),
  show({ type, author, text }) {
    if (type !== 'message') return;
    const item = document.createElement('li');
    item.textContent = `${author.role === 'customer' ? 'You' : author.name}: ${text}`;
    element('messages').append(item);
  },
  showNew: () => element('messages').replaceChildren(),
  showEnded: (reason) => say(`ended: ${reason}`),
});

const chat = openChat();
element('writing').addEventListener('submit', (event) => {
  event.preventDefault();
  void chat.say(element('text').value).then(() => (element('text').value = ''));
});
