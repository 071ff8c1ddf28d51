/**
 * The pages at which a person lets a device in: one that asks for the code, and those for what became of the answer. Between them
 * stands the consent page (RFC 8628 §3.3).
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'
import { askedLanguage, linkTo, loggedIn, type View } from './view.ts'
import { fill, pluralOf } from './words/words.ts'

/** What the page that asks for the code shows. */
export interface CodeQuestion {
  readonly account: string | undefined
  /** The sealed form, bound to the session. */
  readonly form: string
  /** What stands in the field at first. */
  readonly userCode: string
  /** Whether the code came with the link: then it is to be compared. */
  readonly isBrought: boolean
  /** Whether the code before was none, or is over. */
  readonly isWrong: boolean
}

/** Returns the page that asks for the code, or for a look at it. */
export function deviceCodePage(view: View, { account, form, userCode, isBrought, isWrong }: CodeQuestion): Page {
  const { device, common } = view.words
  const body = html`<h1>${device.title}</h1>
<p>${loggedIn(view, account)}</p>
${isWrong ? html`<p class="note">${device.wrong}</p>` : ''}
<form class="single" method="post" action="${view.issuer}/device">
<input type="hidden" name="form" value="${form}">${askedLanguage(view)}
<label for="user_code">${isBrought ? device.compare : device.code}</label>
<p><input type="text" dir="ltr" id="user_code" name="user_code" value="${userCode}" maxlength="64" placeholder="XXXX-XXXX" autocomplete="off" autocapitalize="characters" spellcheck="false" required></p>
<p>${isBrought ? device.helpCompare : device.helpType}</p>
<button type="submit">${common.goOn}</button>
</form>`
  return { view, title: device.title, body }
}

/** Returns the page for somebody who typed too many wrong codes. */
export function tooManyCodesPage(view: View, minutes: number): Page {
  const { title, intro } = view.words.deviceTries
  const body = html`<h1>${title}</h1>
<p>${fill(pluralOf(view.words, intro, minutes), { count: minutes })}</p>
<p><a href="${linkTo(view, '/device')}">${view.words.common.tryAgain}</a></p>`
  return { view, title, body }
}

/** Returns the page after the answer. */
export function deviceAnsweredPage(view: View, decision: 'allow' | 'deny', clientName: string): Page {
  const { deviceAllowed, deviceDenied } = view.words
  const { title, headline, intro } = decision === 'allow' ? deviceAllowed : deviceDenied
  const help =
    decision === 'allow'
      ? html`
<p>${fill(deviceAllowed.help, {}, linkTo(view, '/apps'))}</p>`
      : ''
  const body = html`<h1>${headline}</h1>
<p>${fill(intro, { app: clientName })}</p>${help}`
  return { view, title, body }
}

/** Returns the page for a question that was answered otherwise before, or is over. */
export function deviceOverPage(view: View): Page {
  const { title, headline, intro, another } = view.words.deviceOver
  const body = html`<h1>${headline}</h1>
<p>${intro}</p>
<p><a href="${linkTo(view, '/device')}">${another}</a></p>`
  return { view, title, body }
}
