import './element';

// One script tag is enough: `<script type="module" src="…/chat.js" data-queue="sales">`.
function embed(): void {
  const script = [...document.scripts].find(({ src }) => src === import.meta.url);
  if (!script || document.querySelector('chat-widget')) return;
  const widget = document.createElement('chat-widget');
  for (const { name, value } of script.attributes) {
    if (name.startsWith('data-')) widget.setAttribute(name.slice(5), value);
  }
  document.body.append(widget);
}
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', embed);
else embed();
