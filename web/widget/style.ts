/** The panel. Colours for light and dark, logical properties for both directions of writing. */
export const STYLE = `
[hidden]{display:none!important}
:host{color-scheme:light dark;font:16px/1.45 var(--chat-font,system-ui);color:light-dark(#1b1f27,#eceef2)}
:focus-visible{outline:3px solid light-dark(#0b3d91,#a8c7ff);outline-offset:2px}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
.panel{--line:light-dark(#d9dde5,#3a404d);--soft:light-dark(#f1f3f7,#2a2f3a);--dim:light-dark(#535b6b,#aab2c0);
--ground:var(--chat-ground,light-dark(#fff,#1c2029));position:absolute;inset-block-end:76px;inset-inline-end:0;
inline-size:min(380px,calc(100vw - 40px));block-size:min(620px,calc(100dvh - 120px));display:flex;flex-direction:column;
overflow:hidden;background:var(--ground);border:1px solid var(--line);border-radius:var(--chat-radius,16px);
box-shadow:0 16px 48px #0006;animation:rise .18s ease-out}
@keyframes rise{from{opacity:0;transform:translateY(12px)}}
header{display:flex;align-items:center;gap:2px;padding:10px 8px;padding-inline-start:18px;
background:var(--chat-accent,#1f57d6);color:var(--chat-accent-text,#fff)}
header>div{flex:1;min-inline-size:0}
h2,p,ol{margin:0;padding:0;color:inherit;background:none}
h2{font-size:1.05rem;line-height:1.3}
header p{font-size:.85rem}
button,input,textarea{font:inherit;color:inherit}
button{min-block-size:44px;min-inline-size:44px;padding:8px 16px;border:1px solid var(--line);border-radius:10px;
background:var(--ground);cursor:pointer}
header button{padding:0;border:0;background:none;display:grid;place-items:center}
header svg{inline-size:22px;block-size:22px}
.main{background:var(--chat-accent,#1f57d6);border-color:transparent;color:var(--chat-accent-text,#fff);font-weight:600}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px 14px;scrollbar-width:thin}
ol+ol{margin-block-start:10px}
ol{list-style:none;contain:layout;display:flex;flex-direction:column;gap:10px}
li{max-inline-size:85%;align-self:flex-start;display:flex;flex-direction:column;gap:2px}
li.customer{align-self:flex-end;align-items:flex-end}
li.system{align-self:center;max-inline-size:95%;text-align:center;align-items:center}
li p{padding:9px 13px;border-radius:14px;background:var(--soft);white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext}
li.agent p{border-end-start-radius:4px}
li.customer p{background:var(--chat-accent,#1f57d6);color:var(--chat-accent-text,#fff);border-end-end-radius:4px}
li.system p{background:none;padding:0;color:var(--dim);font-size:.88rem}
.who,.meta{font-size:.78rem;color:var(--dim);padding-inline:4px}
form{display:flex;gap:8px;padding:10px 12px;border-block-start:1px solid var(--line);align-items:flex-end}
form.start{flex:1;flex-direction:column;align-items:stretch;justify-content:center;gap:14px;padding:24px;border:0;overflow:auto}
.start p{font-size:1.15rem;text-align:center}
label{display:flex;flex-direction:column;gap:4px;flex:1;font-size:.85rem;color:var(--dim)}
.start label{flex:none}
textarea,input{box-sizing:border-box;inline-size:100%;min-block-size:44px;padding:10px 12px;border:1px solid light-dark(#858d9b,#7b8494);
border-radius:10px;background:var(--ground);color:light-dark(#1b1f27,#eceef2);font-size:1rem;resize:none}
textarea{max-block-size:120px;field-sizing:content}
.missing{padding:10px 18px}
.hint{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:480px),(max-height:420px){.panel{position:fixed;inset:0;inline-size:auto;block-size:auto;border:0;border-radius:0}
form.start{padding:16px}}
@media (prefers-reduced-motion:reduce){*{animation:none!important}}`;
