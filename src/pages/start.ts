/**
 * The start page; in development it shows the whole idea to somebody who has just started the issuer.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'
import { inEnglish, type View } from './view.ts'

/** Returns the start page of an issuer: its name, and where its metadata are. */
export function startPage(view: View, metadata: string): Page {
  const { host } = new URL(view.issuer)
  const { intro, metadata: words } = view.words.start
  const body = html`<h1><bdi>${host}</bdi></h1>
<p>${intro}</p>
<p><a href="${metadata}">${words}</a></p>`
  return { view, title: host, body }
}

/**
 * Returns the start page in development: a button that gets a token. It is for developers, and in English.
 *
 * @param tellsWho whether the demo app is told who logged in, too
 */
export function demoPage(view: View, metadata: string, tellsWho: boolean): Page {
  const { issuer } = view
  const body = html`<h1>It runs</h1>
<p>Press the button, and the demo app asks you for access to <code>https://api.example.com</code>, as any app would: authorization code, PKCE, consent. Then you see the sealed token, and what the API reads when it opens it${tellsWho ? '; beside it the ID token, by which the app knows who you are' : ''}.</p>
<form class="single" method="post" action="${issuer}/demo">
<button type="submit">Get a token</button>
</form>
<footer><a href="${metadata}">Metadata</a> · <a href="${issuer}/healthz">Health</a> · <a href="${issuer}/logout">Log out</a></footer>`
  return { view: inEnglish(view), title: 'Bulla, in development', body, leadsAway: true }
}
