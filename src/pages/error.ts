/**
 * The page for what went wrong, with a way on: again, back to the app, or else to the start page.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'

/** The way back to an app. */
export interface WayBack {
  readonly clientName: string
  readonly location: string
}

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
${back === undefined ? '' : html`<p><a ${retryAt === undefined ? html`class="button" ` : ''}href="${back.location}">Back to <bdi>${back.clientName}</bdi></a></p>`}
${retryAt === undefined && back === undefined ? html`<p><a href="${issuer}/">Go to the start page</a></p>` : ''}
<p class="soft">Code: <code>${code}</code></p>`
  return { issuer, title, body }
}
