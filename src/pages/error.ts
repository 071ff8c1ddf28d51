/**
 * The page for what went wrong before there was anywhere to send the browser.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'

/** What the page shows; all of it fixed texts. */
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
}

/** Returns the page. */
export function errorPage({ issuer, title, words, code, retryAt, press = 'Try again' }: Failure): Page {
  const body = html`<h1>${title}</h1>
<p>${words}</p>
${retryAt === undefined ? '' : html`<p><a class="button" href="${retryAt}">${press}</a></p>`}
<p class="soft">Code: <code>${code}</code></p>`
  return { issuer, title, body }
}
