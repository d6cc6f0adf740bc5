/** What is around the conversation. In a file of its own: what two parts share becomes a third, which has no stand-in. */
export const AROUND = `
header :focus-visible{outline-color:currentColor;outline-offset:-3px}
.failed .meta,.refused .meta{color:light-dark(#a3161b,#ffb3b3)}
.meta button{margin-inline-start:8px;padding:4px 12px;color:light-dark(#1b1f27,#eceef2)}
.log:focus-visible{outline-offset:-3px}
svg{stroke-linejoin:round;stroke-linecap:round}
button:hover{filter:brightness(.96)}
header button:hover{background:#fff3}
.launcher:hover{filter:brightness(1.08)}
@media print{:host{display:none}}
.banner{padding:10px 18px;background:light-dark(#fff3d6,#4a3a10);color:light-dark(#5b3b00,#ffe3a1);font-size:.9rem;
border-block-end:1px solid var(--line);overflow-wrap:anywhere}
.banner.good{background:light-dark(#e1f6e6,#153d22);color:light-dark(#12502a,#b6f0c6)}
.banner b{font-variant-numeric:tabular-nums}
.banner small{display:block;margin-block-start:4px}
.banner button{margin-block-start:8px}
.types{padding:0 18px 8px;font-size:.85rem;color:var(--dim);min-block-size:1.4em}
.types i{display:inline-block;inline-size:5px;block-size:5px;margin-inline-end:3px;border-radius:50%;background:currentColor;
animation:dot 1s infinite alternate}
.types i:nth-child(2){animation-delay:.3s}.types i:nth-child(3){animation-delay:.6s;margin-inline-end:8px}
@keyframes dot{from{opacity:.25}}
footer{display:flex;flex-wrap:wrap;gap:8px;align-items:center;justify-content:flex-end;padding:0 12px 12px}
footer p{flex:1}
footer.over{flex-direction:column;align-items:stretch;padding-block-start:14px;border-block-start:1px solid var(--line);text-align:center}
.quiet{border:0;background:none;color:var(--dim);font-size:.85rem;padding:4px 10px}
.badge{position:absolute;inset-block-end:42px;inset-inline-end:-4px;min-inline-size:22px;block-size:22px;box-sizing:border-box;
padding:0 5px;border-radius:11px;background:#c3141b;color:#fff;font:700 13px/22px system-ui,sans-serif}
.badge:empty{min-inline-size:16px;block-size:16px;background:#12803c;border:2px solid #fff}`;
