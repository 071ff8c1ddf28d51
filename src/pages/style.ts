/**
 * How all pages look: one sheet, light and dark, from a phone's width up.
 *
 * @module
 */

import { SURFACES } from './palette.ts'

/** The style sheet. Colours keep a contrast of 4.5 to 1 and more (WCAG 2.2 §1.4.3). */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --ground: ${SURFACES.light.ground}; --card: ${SURFACES.light.card}; --ink: #26201a; --soft: #675d52; --line: #ddd4c7;
  --accent: #8a3d1a; --accent-ink: #fff; --note: #fbefd9; --note-line: #d9a441;
  --c1: #8a3d1a; --c2: #1f5f8b; --c3: #3d6b21; --c4: #7a3b80;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: ${SURFACES.dark.ground}; --card: ${SURFACES.dark.card}; --ink: #f1eae0; --soft: #b5a999; --line: #453d34;
    --accent: #e08b5f; --accent-ink: #1b1815; --note: #3a3020; --note-line: #8f6d2b;
    --c1: #e9a27e; --c2: #86bfe6; --c3: #a7cf8a; --c4: #d8a3dd;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 30rem; margin: 0 auto; padding: clamp(1rem, 6vh, 4rem) 1rem 2rem; }
main.wide { max-width: 62rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: clamp(1.1rem, 4vw, 2rem); }
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1rem; color: var(--soft); font-size: .95rem; }
.brand svg { flex: none; width: 1.9rem; height: 1.9rem; color: var(--accent); }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .8rem; text-wrap: balance; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
p, ul, dl { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: .15em; }
.soft { color: var(--soft); }
.note { background: var(--note); border-inline-start: 4px solid var(--note-line); border-radius: 6px; padding: .6rem .8rem; }
ul.scopes { padding-inline-start: 1.2rem; }
ul.scopes li { margin: .25rem 0; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; font-size: .95rem; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; grid-column: 2; }
dl.facts bdi { white-space: break-spaces; }
dl.facts ol { margin: 0; padding-inline-start: 1.4rem; }
dl.facts ol li { margin: 0; }
dl.facts dt.whole, dl.facts dd.whole { grid-column: 1 / -1; }
dl.facts dd.whole { border-inline-start: 3px solid var(--line); padding-inline-start: .7rem; }
ul.scopes dl.facts { grid-template-columns: fit-content(40%) 1fr; margin: .3rem 0 .6rem; }
label { display: block; font-weight: 600; margin-bottom: .3rem; }
input[type="text"] { width: 100%; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--soft); border-radius: 8px; padding: .65rem .8rem; }
input[type="checkbox"] { width: 1.5rem; height: 1.5rem; margin: 0; margin-inline-end: .4rem; vertical-align: middle; accent-color: var(--accent); }
button, .button { display: inline-block; width: 100%; min-height: 2.75rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border-radius: 8px; padding: .6rem 1rem; border: 2px solid var(--accent); background: var(--accent); color: var(--accent-ink); cursor: pointer; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; margin-top: 1.2rem; }
.pair button { background: transparent; color: var(--accent); }
.pair button:hover { background: var(--accent); color: var(--accent-ink); }
.choices { list-style: none; margin: 1.2rem 0 0; padding: 0; display: grid; gap: .8rem; }
.choices .button { background: transparent; color: var(--accent); }
.choices .button:hover, .choices .last { background: var(--accent); color: var(--accent-ink); }
.choices span { display: block; margin-top: .3rem; font-size: .85rem; text-align: center; }
form.single { margin-top: 1.2rem; }
:focus-visible { outline: 3px solid var(--c2); outline-offset: 3px; }
footer { color: var(--soft); font-size: .85rem; margin-top: 1rem; text-align: center; }
footer button { width: auto; background: transparent; border-color: transparent; color: var(--accent); font-size: 1rem; text-decoration: underline; }
code, pre { direction: ltr; unicode-bidi: isolate; font-family: ui-monospace, monospace; font-size: .88em; }
pre { white-space: pre-wrap; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: .8rem; margin: 0 0 1rem; }
.columns { display: grid; gap: 1.2rem; }
@media (min-width: 50rem) { .columns { grid-template-columns: 1fr 1fr; } }
.envelope { word-break: break-all; }
.envelope b { font-weight: inherit; }
.p1 { color: var(--c1); } .p2 { color: var(--c2); } .p3 { color: var(--c3); } .p4 { color: var(--c4); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin-bottom: 1rem; }
th, td { text-align: start; padding-block: .35rem; padding-inline: 0 .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
`
