/**
 * The page for what went wrong, with a way on: again, back to the app, or else to the start page.
 *
 * @module
 */

import { html } from 'hono/html'
import { leadsBack, type WayBack, wayOut } from './leaving.ts'
import type { Page } from './page.ts'

/** What the page shows; all of it fixed texts, but for the app. */
export interface Failure {
  readonly issuer: string
  readonly title: string
  readonly words: string
  /** The error code, for whoever is asked for help. */
  readonly code: string
  /** Where to try again, if that makes sense. */
  readonly retryAt?: string | undefined
  /** What stands on the button that leads there. */
  readonly press?: string
  /** The way back to the app that waits, where it is proved. */
  readonly back?: WayBack | undefined
}

/** Returns the page. */
export function errorPage({ issuer, title, words, code, retryAt, press = 'Try again', back }: Failure): Page {
  const body = html`<h1>${title}</h1>
<p>${words}</p>
${retryAt === undefined ? '' : html`<p><a class="button" href="${retryAt}">${press}</a></p>`}
${back === undefined ? '' : wayOut(back, html`Back to <bdi>${back.clientName}</bdi>`, retryAt === undefined)}
${retryAt === undefined && back === undefined ? html`<p><a href="${issuer}/">Go to the start page</a></p>` : ''}
<p class="soft">Code: <code>${code}</code></p>`
  return { issuer, title, body, ...leadsBack(back) }
}
