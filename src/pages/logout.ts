/**
 * The pages around logging out.
 *
 * @module
 */

import { html } from 'hono/html'
import { backTo, type WayBack } from './leaving.ts'
import type { Page } from './page.ts'
import { askedLanguage, linkTo, loggedIn, strong, type View } from './view.ts'
import { fill } from './words/words.ts'

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
export function logoutPage(view: View, { account, token, isForGood, alsoAt, app }: Logout): Page {
  const { logout } = view.words
  const sentences = [
    loggedIn(view, account),
    ...(isForGood ? [html`${logout.forGood}`] : []),
    ...(alsoAt === undefined ? [] : [fill(logout.alsoAt, { provider: strong(alsoAt) })]),
    ...(app?.isReturn ? [fill(logout.back, { app: strong(app.clientName) })] : []),
  ]
  const body = html`<h1>${logout.title}</h1>
<p>${sentences.map((sentence, index) => html`${index === 0 ? '' : ' '}${sentence}`)}</p>
<p>${fill(logout.help, {}, linkTo(view, '/apps'))}</p>
<form class="single" method="post" action="${view.issuer}/logout">
<input type="hidden" name="token" value="${token}">${app === undefined ? askedLanguage(view) : ''}
${Object.entries(app?.kept ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p><label><input type="checkbox" name="forget" value="yes"> ${logout.forget}</label></p>
<button type="submit">${logout.press}</button>
</form>
${app?.home === undefined ? '' : html`<footer><a href="${app.home}">${fill(logout.stay, { app: app.clientName })}</a></footer>`}`
  return { view, title: logout.title, body }
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
export function loggedOutPage(view: View, back?: WayBack, { goes = false, livesOnAt }: LoggedOut = {}): Page {
  const { loggedOut, common } = view.words
  const way =
    back === undefined
      ? html`<p><a href="${linkTo(view, '/')}">${common.toStart}</a></p>`
      : html`${goes ? html`<p>${loggedOut.goes}</p>` : ''}
<p><a class="button" href="${back.location}">${backTo(view, back)}</a></p>`
  const body = html`<h1>${loggedOut.headline}</h1>
<p>${loggedOut.intro}</p>
${livesOnAt === undefined ? '' : html`<p>${fill(loggedOut.livesOn, { provider: livesOnAt })}</p>`}
${way}`
  return { view, title: loggedOut.title, body, ...(back !== undefined && goes ? { goesTo: back.location } : {}) }
}

/** Returns the page that takes somebody who is logged out here to the provider, where they are logged out next. */
export function goingToProviderPage(view: View, label: string, location: string): Page {
  const { title, headline, intro, goOn } = view.words.goingToProvider
  const body = html`<h1>${headline}</h1>
<p>${fill(intro, { provider: label })}</p>
<p><a class="button" href="${location}">${fill(goOn, { provider: label })}</a></p>`
  return { view, title, body, goesTo: location }
}
