/**
 * The page of the development login.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'

/** What the page shows. */
export interface DevelopmentLogin {
  readonly issuer: string
  readonly state: string
  readonly clientName: string
  /** The name that stands in the field at first. */
  readonly name: string
}

/** Returns the page that asks who you want to be. */
export function developmentLoginPage({ issuer, state, clientName, name }: DevelopmentLogin): Page {
  const body = html`<h1>Who do you want to be?</h1>
<p><strong>${clientName}</strong> asks you to log in. This is the development login: any name will do, and it exists on this machine alone.</p>
<form class="single" method="post" action="${issuer}/login">
<input type="hidden" name="state" value="${state}">
<label for="username">Name</label>
<p><input type="text" id="username" name="username" value="${name}" maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false" required></p>
<button type="submit">Log in</button>
</form>`
  return { issuer, title: 'Log in', body, leadsAway: true }
}
