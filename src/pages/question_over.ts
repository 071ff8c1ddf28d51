/**
 * The pages for a question that is not answered here: at another account, once more, or before.
 *
 * @module
 */

import { html } from 'hono/html'
import { backTo, leadsBack, type WayBack, wayOut } from './leaving.ts'
import type { Page } from './page.ts'
import { nameOf, type View } from './view.ts'
import { fill } from './words/words.ts'

/** Returns the page that takes the browser to another login, with the same request. */
export function switchingPage(view: View, location: string): Page {
  const { title, intro } = view.words.switching
  const body = html`<h1>${title}</h1>
<p>${intro}</p>
<p><a class="button" href="${location}">${view.words.common.goOn}</a></p>`
  return { view, title, body, goesTo: location }
}

/** Returns the page that takes the browser to the same question once more. */
export function askingAnewPage(view: View, location: string): Page {
  const { title, headline, intro } = view.words.askingAnew
  const body = html`<h1>${headline}</h1>
<p>${intro}</p>
<p><a class="button" href="${location}">${view.words.common.goOn}</a></p>`
  return { view, title, body, goesTo: location }
}

/** Returns the page for a consent that was answered otherwise before, with the way back to the client. */
export function answeredPage(view: View, back: WayBack): Page {
  const { title, headline, intro } = view.words.answered
  const body = html`<h1>${headline}</h1>
<p>${fill(intro, { app: nameOf(view, back.clientName) })}</p>
${wayOut(back, backTo(view, back))}`
  return { view, title, body, ...leadsBack(back) }
}
