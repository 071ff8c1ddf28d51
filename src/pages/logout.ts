/**
 * The pages around logging out.
 *
 * @module
 */

import { html } from 'hono/html'
import { loggedIn, type Page } from './page.ts'

/**
 * Returns the page that asks whether to log out.
 *
 * @param isForGood whether what came of the session ends with it: without a guard nothing does
 */
export function logoutPage(issuer: string, account: string | undefined, token: string, isForGood: boolean): Page {
  const words = isForGood ? ' Apps that you let in since then will have to ask you again.' : ''
  const body = html`<h1>Log out?</h1>
<p>${loggedIn(account)}${words}</p>
<p>Before that you can look at <a href="${issuer}/apps">what you allowed</a> in this browser, and end it.</p>
<form class="single" method="post" action="${issuer}/logout">
<input type="hidden" name="token" value="${token}">
<p><label><input type="checkbox" name="forget" value="yes"> Forget here what I allowed: apps have to ask again</label></p>
<button type="submit">Log out</button>
</form>`
  return { issuer, title: 'Log out?', body }
}

/** Returns the page for somebody who is not logged in, or no longer. */
export function loggedOutPage(issuer: string): Page {
  const body = html`<h1>You are logged out</h1>
<p>Nobody is logged in here from this browser.</p>
<p><a href="${issuer}/">Go to the start page</a></p>`
  return { issuer, title: 'Logged out', body }
}
