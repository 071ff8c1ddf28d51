/**
 * The start page; in development it shows the whole idea to somebody who has just started the issuer.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Html, Page } from './page.ts'

/** Returns the start page of an issuer: its name, and where its metadata are. */
export function startPage(issuer: string, metadata: string): Page {
  const body = html`<h1>${new URL(issuer).host}</h1>
<p>This is an OAuth 2.1 authorization server. It logs you in for apps; there is nothing to do here.</p>
<p><a href="${metadata}">Metadata for developers</a></p>`
  return { issuer, title: new URL(issuer).host, body }
}

/** Returns the start page in development: a button that gets a token. */
export function demoPage(issuer: string, metadata: string): Page {
  const body = html`<h1>It runs</h1>
<p>Press the button, and the demo app asks you for access to <code>https://api.example.com</code>, as any app would: authorization code, PKCE, consent. Then you see the sealed token, and what the API reads when it opens it.</p>
<form class="single" method="post" action="${issuer}/demo">
<button type="submit">Get a token</button>
</form>
<footer><a href="${metadata}">Metadata</a> · <a href="${issuer}/healthz">Health</a> · <a href="${issuer}/logout">Log out</a></footer>`
  return { issuer, title: 'Bulla, in development', body, leadsAway: true }
}

/** What the demo shows at its end. */
export interface Demo {
  readonly issuer: string
  readonly token: string
  readonly scope: string
  /** Seconds. */
  readonly expiresIn: number
  readonly hasRefreshToken: boolean
  /** What the resource server read. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly kid: string
  /** The day, or whatever the period is, that the leaf seals for. */
  readonly period: string
  /** Seconds until the leaf no longer seals. */
  readonly leafEndsIn: number
}

const PARTS = ['header', 'initialization vector', 'ciphertext', 'tag'] as const

function writeDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${seconds} s`
}

/** Returns an envelope with its parts coloured, and a table of what each weighs. */
function envelope(token: string): Html {
  const [header = '', , ...rest] = token.split('.')
  const parts = [header, ...rest]
  const coloured = parts.map(
    (part, index) => html`<b class="p${index + 1}">${part}</b>${index === 0 ? '..' : index < 3 ? '.' : ''}`,
  )
  const rows = parts.map(
    (part, index) =>
      html`<tr><td class="p${index + 1}">${PARTS[index]}</td><td>${Math.floor((part.length * 3) / 4)} bytes</td></tr>`,
  )
  return html`<pre class="envelope">${coloured}</pre>
<table><tbody>${rows}<tr><th scope="row">the whole token</th><td>${token.length} characters</td></tr></tbody></table>`
}

/** Returns the page that shows the token beside what is in it. */
export function demoTokenPage(demo: Demo): Page {
  const { issuer, token, scope, expiresIn, hasRefreshToken, claims, kid, period, leafEndsIn } = demo
  const body = html`<h1>A sealed token, and what is inside</h1>
<div class="columns">
<section aria-labelledby="sealed"><h2 id="sealed">What the app got</h2>
${envelope(token)}
<p class="soft">Scope <code>${scope}</code>, for ${writeDuration(expiresIn)}${hasRefreshToken ? ', with a refresh token' : ''}. To the app, and to anybody who steals a look, it is noise.</p></section>
<section aria-labelledby="opened"><h2 id="opened">What the API reads, offline</h2>
<pre>${JSON.stringify(claims, undefined, 2)}</pre>
<dl class="facts">
<dt>Key</dt><dd><code>${kid}</code></dd>
<dt>Its period</dt><dd>${period}</dd>
<dt>Seals for</dt><dd>${writeDuration(leafEndsIn)} more</dd>
</dl>
<p class="soft">No server was asked: one key, which this API alone shares with the issuer.</p></section>
</div>
<form class="single" method="post" action="${issuer}/demo"><button type="submit">Get another</button></form>
<footer><a href="${issuer}/">Start page</a> · <a href="${issuer}/logout">Log out</a></footer>`
  return { issuer, title: 'A sealed token', body, isWide: true, leadsAway: true }
}
