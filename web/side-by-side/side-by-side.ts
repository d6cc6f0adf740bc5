/** The customer's page can be closed, opened and loaded again, as people do: the frame beside it shows what the agent sees. */
const byId = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

const customer = byId<HTMLIFrameElement>('customer');
const gone = byId('gone');
const [leave, reload, comeBack] = ['leave', 'reload', 'return'].map((id) => byId<HTMLButtonElement>(id)) as [
  HTMLButtonElement,
  HTMLButtonElement,
  HTMLButtonElement,
];
const page = customer.src;

function show(isThere: boolean): void {
  customer.src = isThere ? page : 'about:blank';
  customer.hidden = !isThere;
  gone.hidden = isThere;
  leave.disabled = reload.disabled = !isThere;
  (isThere ? leave : comeBack).focus();
}

leave.onclick = () => show(false);
comeBack.onclick = () => show(true);
reload.onclick = () => customer.contentWindow?.location.reload();

export {};
