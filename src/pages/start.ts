/**
 * The start page; in development it shows the whole idea to somebody who has just started the issuer.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'

/** Returns the start page of an issuer: its name, and where its metadata are. */
export function startPage(issuer: string, metadata: string): Page {
  const body = html`<h1>${new URL(issuer).host}</h1>
<p>This is an OAuth 2.1 authorization server. It logs you in for apps; there is nothing to do here.</p>
<p><a href="${metadata}">Metadata for developers</a></p>`
  return { issuer, title: new URL(issuer).host, body }
}

/**
 * Returns the start page in development: a button that gets a token.
 *
 * @param tellsWho whether the demo app is told who logged in, too
 */
export function demoPage(issuer: string, metadata: string, tellsWho: boolean): Page {
  const body = html`<h1>It runs</h1>
<p>Press the button, and the demo app asks you for access to <code>https://api.example.com</code>, as any app would: authorization code, PKCE, consent. Then you see the sealed token, and what the API reads when it opens it${tellsWho ? '; beside it the ID token, by which the app knows who you are' : ''}.</p>
<form class="single" method="post" action="${issuer}/demo">
<button type="submit">Get a token</button>
</form>
<footer><a href="${metadata}">Metadata</a> · <a href="${issuer}/healthz">Health</a> · <a href="${issuer}/logout">Log out</a></footer>`
  return { issuer, title: 'Bulla, in development', body, leadsAway: true }
}
