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
html { scroll-padding-block-end: 6rem; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 30rem; margin: 0 auto; padding: clamp(1rem, 6vh, 4rem) 1rem 2rem; }
main.wide { max-width: 62rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: clamp(1.1rem, 4vw, 2rem); }
.band { margin: 0; padding: .4rem 1rem; background: var(--note); border-block-end: 2px solid var(--note-line); text-align: center; font-size: .9rem; }
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1rem; font-size: .95rem; }
.brand p { margin: 0; }
.brand svg, .brand img { flex: none; width: auto; max-width: 9rem; height: 1.9rem; color: var(--accent); }
.meeting { display: flex; align-items: center; justify-content: center; gap: .8rem; margin-block-end: 1rem; }
.meeting span { display: grid; place-items: center; flex: none; width: 3.2rem; height: 3.2rem; border: 1px solid var(--line); border-radius: 12px; background: var(--ground); font-size: 1.5rem; font-weight: 700; overflow: hidden; }
.meeting picture { display: contents; }
.meeting svg, .meeting img { max-width: 2.6rem; height: 1.9rem; color: var(--accent); }
.meeting i { width: 2.2rem; border-block-start: 3px dotted var(--line); }
.meeting + h1 { text-align: center; }
.account { text-align: center; color: var(--soft); }
.later button { width: auto; padding: .4rem .2rem; background: transparent; border-color: transparent; color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: .15em; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .8rem; text-wrap: balance; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
.apart { font-size: .95rem; color: var(--soft); margin: .6rem 0 .3rem; }
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
#question { position: sticky; bottom: 0; margin-block-end: 1rem; padding-block: .1rem .8rem; background: var(--card); }
.pair button:not(.first) { background: transparent; color: var(--accent); }
.pair button:not(.first):hover { background: var(--accent); color: var(--accent-ink); }
.choices { list-style: none; margin: 1.2rem 0 0; padding: 0; display: grid; gap: .8rem; }
.choices .button { background: transparent; color: var(--accent); }
.choices .button:hover, .choices .last { background: var(--accent); color: var(--accent-ink); }
.choices span { display: block; margin-top: .3rem; font-size: .85rem; text-align: center; }
form.single { margin-top: 1.2rem; }
:focus-visible { outline: 3px solid var(--c2); outline-offset: 3px; }
.later { color: var(--soft); font-size: .9rem; margin: 0; text-align: center; }
footer { color: var(--soft); font-size: .9rem; margin-top: 1rem; text-align: center; }
.foot { display: flex; flex-wrap: wrap; justify-content: center; gap: .3rem 1.4rem; margin-top: 1.2rem; font-size: .9rem; }
nav { flex-basis: 100%; }
nav ul { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 .9rem; margin: 0; padding: 0; list-style: none; }
nav a, nav span { display: block; padding: .15rem .1rem; color: var(--soft); }
nav span { color: var(--ink); font-weight: 600; }
details { margin: 0 0 1rem; }
summary { cursor: pointer; color: var(--accent); min-height: 1.75rem; }
small { color: var(--soft); font-size: .85em; }
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
