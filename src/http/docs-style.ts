/** The stylesheet of `GET /docs`; the system's own fonts and colours, nothing loaded. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.25rem; border-right: 1px solid var(--line); font-size: 13px; }
nav h2 { font-size: 12px; margin: 1rem 0 .25rem; text-transform: uppercase; letter-spacing: .06em; opacity: .65; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { padding: .1rem 0; }
main { max-width: 56rem; padding: 1.5rem 2rem 4rem; }
a { color: LinkText; text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { margin: 0 0 .25rem; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.25rem; }
h3 { margin: 0 0 .25rem; font-size: 1rem; font-weight: 600; }
h4 { margin: 1rem 0 .25rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; opacity: .65; }
article { border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.1rem; margin: .9rem 0; }
p { margin: .3rem 0; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
code { background: var(--soft); border-radius: 4px; padding: .05rem .3rem; }
pre { background: var(--soft); border-radius: 6px; padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; width: 1%; }
.method { display: inline-block; min-width: 4.2rem; font: 600 12px/1.7 ui-monospace, monospace; }
.get { color: #1a7f5a; } .post { color: #2363c4; } .put, .patch { color: #a86a00; } .delete { color: #c03030; }
.path { font: 600 14px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.soft { opacity: .7; }
summary { cursor: pointer; margin-top: .8rem; }
form label, .key { display: block; margin: .5rem 0; }
form label span, .key span { display: block; font-size: 13px; opacity: .7; }
input, textarea { width: 100%; font: 13px/1.45 ui-monospace, monospace; padding: .35rem .5rem; border: 1px solid var(--line); border-radius: 6px; background: Canvas; color: CanvasText; }
button { font: inherit; padding: .35rem .9rem; border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
.answer { max-height: 30rem; overflow: auto; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line); } main { padding: 1rem; } }
`;
