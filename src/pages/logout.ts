/**
 * The pages around logging out.
 *
 * @module
 */

import { html } from 'hono/html'
import type { WayBack } from './leaving.ts'
import { loggedIn, type Page } from './page.ts'

/** The app that asks for it. */
export interface AskingApp {
  readonly clientName: string
  /** Its own page, if it is known. */
  readonly home: string | undefined
  /** Whether the person goes back to it afterwards. */
  readonly isReturn: boolean
  /** What of its request goes on with the form. */
  readonly kept: Readonly<Record<string, string>>
}

/** What the page shows. */
export interface Logout {
  readonly issuer: string
  readonly account: string | undefined
  readonly token: string
  /** Whether what came of the session ends with it: without a guard nothing does. */
  readonly isForGood: boolean
  /** The provider at which the session ends, too. */
  readonly alsoAt: string | undefined
  /** Default: nobody's but the person's own. */
  readonly app?: AskingApp
}

/** Returns the page that asks whether to log out. */
export function logoutPage({ issuer, account, token, isForGood, alsoAt, app }: Logout): Page {
  const words = isForGood ? ' Apps that you let in since you logged in will have to ask you again.' : ''
  const there = alsoAt === undefined ? '' : html` At <strong><bdi>${alsoAt}</bdi></strong> you are logged out, too.`
  const back =
    app === undefined || !app.isReturn ? '' : html` Then you go back to <strong><bdi>${app.clientName}</bdi></strong>.`
  const body = html`<h1>Log out?</h1>
<p>${loggedIn(account)}${words}${there}${back}</p>
<p>Before that you can look at <a href="${issuer}/apps">what you allowed</a> in this browser, and end it.</p>
<form class="single" method="post" action="${issuer}/logout">
<input type="hidden" name="token" value="${token}">
${Object.entries(app?.kept ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p><label><input type="checkbox" name="forget" value="yes"> Forget here what I allowed: apps have to ask again</label></p>
<button type="submit">Log out</button>
</form>
${app?.home === undefined ? '' : html`<footer><a href="${app.home}">Stay logged in, and go back to <bdi>${app.clientName}</bdi></a></footer>`}`
  return { issuer, title: 'Log out?', body }
}

/** What becomes of somebody who is logged out. */
export interface LoggedOut {
  /** Whether the browser goes to the app that asked by itself. Default: by a press alone. */
  readonly goes?: boolean
  /** The provider at which the session may live on. Default: nothing is to be said. */
  readonly livesOnAt?: string
}

/**
 * Returns the page for somebody who is not logged in, or no longer.
 *
 * @param back the way to the app that asked for it. Default: nobody did
 */
export function loggedOutPage(issuer: string, back?: WayBack, { goes = false, livesOnAt }: LoggedOut = {}): Page {
  const way =
    back === undefined
      ? html`<p><a href="${issuer}/">Go to the start page</a></p>`
      : html`${goes ? html`<p>You are being taken back. If nothing happens:</p>` : ''}
<p><a class="button" href="${back.location}">Back to <bdi>${back.clientName}</bdi></a></p>`
  const body = html`<h1>You are logged out</h1>
<p>Nobody is logged in here from this browser.</p>
${livesOnAt === undefined ? '' : html`<p><strong>At <bdi>${livesOnAt}</bdi> you may still be logged in</strong>: it could not be reached. Log out there, too, if others use this browser.</p>`}
${way}`
  return { issuer, title: 'Logged out', body, ...(back !== undefined && goes ? { goesTo: back.location } : {}) }
}

/** Returns the page that takes somebody who is logged out here to the provider, where they are logged out next. */
export function goingToProviderPage(issuer: string, label: string, location: string): Page {
  const body = html`<h1>You are logged out here</h1>
<p>Now <bdi>${label}</bdi> is to log you out, too. If nothing happens:</p>
<p><a class="button" href="${location}">Go on to <bdi>${label}</bdi></a></p>`
  return { issuer, title: 'Logged out', body, goesTo: location }
}
