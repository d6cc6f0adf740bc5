/**
 * A chat with looks of your own. `Conversation` does the rest: it notices a silent line and finds it again, keeps what is written
 * until it is stored, shows everything once and in order, and has one line for all tabs. It is served by the app, as
 * `https://<app>/api/site/widget.mjs`, with its types in widget.d.mts beside it; put a copy of both beside this file, or import it
 * from there. The page's own address tells where the app is: `?api=https://<app>`.
 */
import { Conversation } from './widget.mjs';

const element = (id) => document.getElementById(id);
const api = new URLSearchParams(location.search).get('api');
const LINE = {
  idle: 'not begun',
  opening: 'connecting',
  open: 'connected',
  lost: 'connection lost',
  ended: 'ended',
  stuck: 'out of order',
};

const conversation = new Conversation({
  api,
  customer: () => ({ name: 'Ann', locale: 'en', queue: 'sales', context: { OrderId: '4711' } }),
  /** `lostAt + keptFor` is until when the place is kept; `end` says why it has ended, `problem` what is wrong with the page. */
  changed({ phase, entries, end, problem }) {
    element('line').textContent = end ? `ended: ${end.reason}` : LINE[phase];
    if (problem) console.error(problem);
    // With `textContent`, never as HTML: names and texts are whatever people wrote.
    const items = entries.map(({ from, name = '', text, delivery, messageId }) => {
      const item = document.createElement('li');
      // What the app itself says has no name.
      item.textContent = from === 'system' ? text : `${from === 'customer' ? 'You' : name}: ${text}`;
      item.className = from;
      if (delivery === 'failed' || delivery === 'refused') {
        const again = document.createElement('button');
        again.textContent = `${delivery}: try again`;
        again.onclick = () => conversation.retry(messageId);
        item.append(' ', again);
      } else if (delivery === 'sending') item.classList.add('sending');
      return item;
    });
    element('entries').replaceChildren(...items);
    // After the end, what has been seen is not kept any longer.
    if (!document.hidden) conversation.read();
  },
});
// A conversation that goes on is there by itself; otherwise one begins.
conversation.begin();

element('writing').addEventListener('submit', (event) => {
  event.preventDefault();
  conversation.say(element('text').value);
  element('text').value = '';
});
element('text').addEventListener('input', () => conversation.typing());
element('leave').addEventListener('click', () => conversation.leave());
