/**
 * The end of the demo: what the app got, in colours, beside what is inside. It is for developers, and in English.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'
import { inEnglish, type View } from './view.ts'
import type { Html } from './words/words.ts'

/** An ID token, and what is written in it. */
export interface ShownIdToken {
  readonly token: string
  readonly alg: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** What the demo shows at its end. */
export interface Demo {
  readonly token: string
  /** Seconds. */
  readonly expiresIn: number
  readonly hasRefreshToken: boolean
  /** What the resource server read. */
  readonly claims: Readonly<Record<string, unknown>>
  /** What tells the app who logged in; nothing where it is not told. */
  readonly idToken: ShownIdToken | undefined
  readonly kid: string
  /** The day, or whatever the period is, that the leaf seals for. */
  readonly period: string
  /** Seconds until the leaf no longer seals. */
  readonly leafEndsIn: number
}

/** A part of a token: what it is, its colour, and what stands behind it. */
interface Part {
  readonly name: string
  readonly colour: 1 | 2 | 3 | 4
  readonly after: string
}

/** The parts of an envelope that are not empty. */
const SEALED: readonly Part[] = [
  { name: 'header', colour: 1, after: '..' },
  { name: 'initialization vector', colour: 2, after: '.' },
  { name: 'ciphertext', colour: 3, after: '.' },
  { name: 'tag', colour: 4, after: '' },
]

const SIGNED: readonly Part[] = [
  { name: 'header', colour: 1, after: '.' },
  { name: 'claims', colour: 2, after: '.' },
  { name: 'signature', colour: 4, after: '' },
]

function writeDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${seconds} s`
}

/** Returns a token with its parts coloured, and a table of what each weighs. */
function coloured(token: string, parts: readonly Part[], kind: 'sealed' | 'signed'): Html {
  const texts = token.split('.').filter((text) => text !== '')
  const shown = parts.map(({ name, colour, after }, index) => ({ text: texts[index] ?? '', name, colour, after }))
  const spans = shown.map(({ text, colour, after }) => html`<b class="p${colour}">${text}</b>${after}`)
  const rows = shown.map(
    ({ text, name, colour }) =>
      html`<tr><td class="p${colour}">${name}</td><td>${Math.floor((text.length * 3) / 4)} bytes</td></tr>`,
  )
  return html`<pre class="envelope ${kind}">${spans}</pre>
<table><tbody>${rows}<tr><th scope="row">the whole token</th><td>${token.length} characters</td></tr></tbody></table>`
}

/** Returns the ID token beside what everybody can read in it. */
function idTokenColumns(issuer: string, { token, alg, claims }: ShownIdToken): Html {
  const lifetime = Number(claims['exp']) - Number(claims['iat'])
  return html`<section aria-labelledby="signed"><h2 id="signed">The ID token that the app got</h2>
${coloured(token, SIGNED, 'signed')}
<p class="soft">Signed by <code>${alg}</code>, for ${writeDuration(lifetime)}. It tells the app who logged in, and opens nothing.</p></section>
<section aria-labelledby="told"><h2 id="told">What the app reads in it</h2>
<pre>${JSON.stringify(claims, undefined, 2)}</pre>
<p class="soft">Anybody who has it can read it, and nobody can change it: the app checks the signature by <a href="${issuer}/jwks">the issuer’s public keys</a>.</p></section>
`
}

/** Returns the page that shows the token beside what is in it, and the ID token below. */
export function demoTokenPage(view: View, demo: Demo): Page {
  const { issuer } = view
  const { token, expiresIn, hasRefreshToken, claims, idToken, kid, period, leafEndsIn } = demo
  const body = html`<h1>A sealed token, and what is inside</h1>
<div class="columns">
<section aria-labelledby="sealed"><h2 id="sealed">The access token that the app got</h2>
${coloured(token, SEALED, 'sealed')}
<p class="soft">For ${writeDuration(expiresIn)}${hasRefreshToken ? ', with a refresh token' : ''}. It opens the API, which alone can read it: to the app, and to anybody who steals a look, it is noise.</p></section>
<section aria-labelledby="opened"><h2 id="opened">What the API reads in it, offline</h2>
<pre>${JSON.stringify(claims, undefined, 2)}</pre>
<dl class="facts">
<dt>Key</dt><dd><code>${kid}</code></dd>
<dt>Its period</dt><dd>${period}</dd>
<dt>Seals for</dt><dd>${writeDuration(leafEndsIn)} more</dd>
</dl>
<p class="soft">No server was asked: one key, which this API alone shares with the issuer.</p></section>
${idToken === undefined ? '' : idTokenColumns(issuer, idToken)}</div>
<form class="single" method="post" action="${issuer}/demo"><button type="submit">Get another</button></form>
<footer><a href="${issuer}/">Start page</a> · <a href="${issuer}/logout">Log out</a></footer>`
  return { view: inEnglish(view), title: 'A sealed token', body, isWide: true, leadsAway: true }
}
