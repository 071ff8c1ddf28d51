/**
 * How a browser leaves for an app: by a link, or by a form that is posted there (OAuth 2.0 Form Post Response Mode §2); and the
 * page that goes by itself.
 *
 * @module
 */

import { html, raw } from 'hono/html'
import type { Page } from './page.ts'
import { nameOf, strong, type View } from './view.ts'
import { fill, fillTitle, type Html } from './words/words.ts'

/** The way to an app, with what it is told. */
export interface WayBack {
  /** What it is called here: of one that nobody configured the host to which the way leads; nothing where that is an app on this device. */
  readonly clientName: string | undefined
  readonly location: string
  /** What is posted there. Nothing where a link leads there, and all is in it. */
  readonly form?: Readonly<Record<string, string>>
  /** The error that it is told, where the person alone sends the browser there. Nothing where it goes by itself. */
  readonly untold?: string
}

/** Returns what to press. */
export function wayOut({ location, form }: WayBack, words: Html | string, isButton = true): Html {
  if (form === undefined)
    return html`<p><a ${isButton ? raw('class="button" ') : ''}href="${location}">${words}</a></p>`
  return html`<form class="single" method="post" action="${location}">
${Object.entries(form).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button type="submit">${words}</button>
</form>`
}

/** Returns the words that lead back to an app. */
export function backTo(view: View, { clientName }: Pick<WayBack, 'clientName'>): Html {
  return fill(view.words.common.backTo, { app: nameOf(view, clientName) })
}

/** Returns what a page with a way back is beside its words. */
export function leadsBack(way: WayBack | undefined): Pick<Page, 'postsAway'> {
  return way?.form === undefined ? {} : { postsAway: 'when it is pressed' }
}

/** Returns the line that names an error and its request, for whoever is asked for help. */
export function codeLine({ words: { common }, requestId }: View, code: string | undefined): Html {
  const request =
    requestId === undefined ? '' : html`<br>${fill(common.request, { id: html`<code>${requestId}</code>` })}`
  return html`<p class="soft">${fill(common.code, { code: html`<code>${code}</code>` })}${request}</p>`
}

/**
 * Returns the page for an error that is for an app which nobody configured: it goes there by a press alone, for anybody can have
 * registered where that is (OAuth 2.1 §7.12.2).
 */
function untoldPage(view: View, way: WayBack): Page {
  const { title, intro } = view.words.untold
  const body = html`<h1>${title}</h1>
<p>${intro}</p>
${wayOut(way, backTo(view, way))}
${codeLine(view, way.untold)}`
  return { view, title, body, ...leadsBack(way) }
}

/** Returns the page that takes the browser back to the client, by itself or by a press. */
export function leavingPage(view: View, way: WayBack): Page {
  const { clientName, location, form, untold } = way
  if (untold !== undefined) return untoldPage(view, way)
  const { leaving, common } = view.words
  const app = nameOf(view, clientName)
  const body = html`<h1>${fill(leaving.title, { app })}</h1>
<p>${form === undefined ? leaving.intro : fill(leaving.introTo, { host: strong(new URL(location).host) })}</p>
${wayOut(way, common.goOn)}`
  const goes = form === undefined ? { goesTo: location } : ({ postsAway: 'by itself' } as const)
  return { view, title: fillTitle(view.words, leaving.title, { app }), body, ...goes }
}
