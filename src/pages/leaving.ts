/**
 * How a browser leaves for an app: by a link, or by a form that is posted there (OAuth 2.0 Form Post Response Mode §2); and the
 * page that goes by itself.
 *
 * @module
 */

import { html, raw } from 'hono/html'
import type { Html, Page } from './page.ts'

/** The way to an app, with what it is told. */
export interface WayBack {
  /** What it is called here: of one that nobody configured it is where the way leads, a host or an app on this device. */
  readonly clientName: string
  readonly location: string
  /** What is posted there. Nothing where a link leads there, and all is in it. */
  readonly form?: Readonly<Record<string, string>>
  /** The error that it is told, where the person alone sends the browser there. Nothing where it goes by itself. */
  readonly untold?: string
}

/** Returns what to press. */
export function wayOut({ location, form }: WayBack, words: Html, isButton = true): Html {
  if (form === undefined)
    return html`<p><a ${isButton ? raw('class="button" ') : ''}href="${location}">${words}</a></p>`
  return html`<form class="single" method="post" action="${location}">
${Object.entries(form).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button type="submit">${words}</button>
</form>`
}

/** Returns what a page with a way back is beside its words. */
export function leadsBack(way: WayBack | undefined): Pick<Page, 'postsAway'> {
  return way?.form === undefined ? {} : { postsAway: 'when it is pressed' }
}

/**
 * Returns the page for an error that is for an app which nobody configured: it goes there by a press alone, for anybody can have
 * registered where that is (OAuth 2.1 §7.12.2).
 */
function untoldPage(issuer: string, way: WayBack): Page {
  const { clientName, untold } = way
  const body = html`<h1>Nothing was allowed</h1>
<p>An app asked for something here, and nothing was given. Nobody has checked this app, so you are not sent to it unasked. If it is yours and still waits, tell it:</p>
${wayOut(way, html`Back to <bdi>${clientName}</bdi>`)}
<p class="soft">Code: <code>${untold}</code></p>`
  return { issuer, title: 'Nothing was allowed', body, ...leadsBack(way) }
}

/** Returns the page that takes the browser back to the client, by itself or by a press. */
export function leavingPage(issuer: string, way: WayBack): Page {
  const { clientName, location, form, untold } = way
  if (untold !== undefined) return untoldPage(issuer, way)
  const where = form === undefined ? '' : html` to <strong>${new URL(location).host}</strong>`
  const body = html`<h1>Back to <bdi>${clientName}</bdi></h1>
<p>You are being taken back${where}. If nothing happens:</p>
${wayOut(way, html`Go on`)}`
  const goes = form === undefined ? { goesTo: location } : ({ postsAway: 'by itself' } as const)
  return { issuer, title: `Back to ${clientName}`, body, ...goes }
}
