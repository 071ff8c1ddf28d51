/**
 * The page for what went wrong, with a way on: again, back to the app, or else to the start page.
 *
 * @module
 */

import { html } from 'hono/html'
import { backTo, codeLine, leadsBack, type WayBack, wayOut } from './leaving.ts'
import type { Page } from './page.ts'
import { onlyOnce, type View } from './view.ts'

/** What the page shows; all of it fixed texts, but for the app. */
export interface Failure {
  readonly title: string
  readonly words: string
  /** The error code, for whoever is asked for help. */
  readonly code: string
  /** Where to try again, if that makes sense. */
  readonly retryAt?: string | undefined
  /** What stands on the button that leads there. */
  readonly press?: string | undefined
  /** The way back to the app that waits, where it is proved. */
  readonly back?: WayBack | undefined
}

/** Returns the page. */
export function errorPage(view: View, { title, words, code, retryAt, press, back }: Failure): Page {
  const { common } = view.words
  const body = html`<h1>${title}</h1>
<p>${words}</p>
${retryAt === undefined ? '' : html`<p><a class="button" href="${retryAt}">${press ?? common.tryAgain}</a></p>`}
${back === undefined ? '' : wayOut(back, backTo(view, back), retryAt === undefined)}
${retryAt === undefined && back === undefined ? html`<p><a href="${view.issuer}/">${common.toStart}</a></p>` : ''}
${codeLine(view, code)}`
  // The links to other languages are the address of the page: one that says what went wrong repeats nothing of its request.
  return { view: onlyOnce(view), title, body, ...leadsBack(back) }
}
