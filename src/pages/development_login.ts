/**
 * The page of the development login.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'
import { strong, type View } from './view.ts'
import { fill } from './words/words.ts'

/** What the page shows. */
export interface DevelopmentLogin {
  readonly state: string
  readonly clientName: string
  /** The name that stands in the field at first. */
  readonly name: string
}

/** Returns the page that asks who you want to be. */
export function developmentLoginPage(view: View, { state, clientName, name }: DevelopmentLogin): Page {
  const { title, headline, intro, name: label, press } = view.words.developmentLogin
  const body = html`<h1>${headline}</h1>
<p>${fill(intro, { app: strong(clientName) })}</p>
<form class="single" method="post" action="${view.issuer}/login">
<input type="hidden" name="state" value="${state}">
<label for="username">${label}</label>
<p><input type="text" id="username" name="username" value="${name}" maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false" required></p>
<button type="submit">${press}</button>
</form>`
  return { view, title, body, leadsAway: true }
}
