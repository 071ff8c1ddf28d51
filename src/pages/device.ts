/**
 * The pages at which a person lets a device in: one that asks for the code, and those for what became of the answer. Between them
 * stands the consent page (RFC 8628 §3.3).
 *
 * @module
 */

import { html } from 'hono/html'
import { loggedIn, type Page } from './page.ts'

/** What the page that asks for the code shows. */
export interface CodeQuestion {
  readonly issuer: string
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
export function deviceCodePage({ issuer, account, form, userCode, isBrought, isWrong }: CodeQuestion): Page {
  const words = isBrought
    ? html`Compare it with the code that your device shows. Go on only if it is the same, and if you started this yourself: whoever sent you a code wants to be let in by you.`
    : html`Type the code that your device shows. Go on only if you started this yourself: whoever sent you a code wants to be let in by you.`
  const body = html`<h1>Let a device in</h1>
<p>${loggedIn(account)}</p>
${isWrong ? html`<p class="note">Nothing waits for this code. It may be mistyped, answered already, or over: a code lasts ten minutes.</p>` : ''}
<form class="single" method="post" action="${issuer}/device">
<input type="hidden" name="form" value="${form}">
<label for="user_code">${isBrought ? 'Is this the code on your device?' : 'Code'}</label>
<p><input type="text" id="user_code" name="user_code" value="${userCode}" maxlength="64" placeholder="XXXX-XXXX" autocomplete="off" autocapitalize="characters" spellcheck="false" required></p>
<p>${words}</p>
<button type="submit">Go on</button>
</form>`
  return { issuer, title: 'Let a device in', body }
}

/** Returns the page for somebody who typed too many wrong codes. */
export function tooManyCodesPage(issuer: string, minutes: number): Page {
  const body = html`<h1>Too many wrong codes</h1>
<p>Nothing can be let in by you for a while. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, with a new code of your device.</p>
<p><a href="${issuer}/device">Try again</a></p>`
  return { issuer, title: 'Too many wrong codes', body }
}

/** Returns the page after the answer. */
export function deviceAnsweredPage(issuer: string, decision: 'allow' | 'deny', clientName: string): Page {
  const body =
    decision === 'allow'
      ? html`<h1>Your device is let in</h1>
<p>Go back to your device: <bdi>${clientName}</bdi> goes on there in a few seconds. This page can be closed.</p>
<p>You can look at <a href="${issuer}/apps">what you allowed</a> in this browser, and end it.</p>`
      : html`<h1>The device was not let in</h1>
<p><bdi>${clientName}</bdi> got nothing, and is told that you said no. This page can be closed.</p>`
  return { issuer, title: decision === 'allow' ? 'Let in' : 'Not let in', body }
}

/** Returns the page for a question that was answered otherwise before, or is over. */
export function deviceOverPage(issuer: string): Page {
  const body = html`<h1>This was answered before, or is over</h1>
<p>Each code is answered once, and lasts ten minutes. If your device still waits for you, start again there.</p>
<p><a href="${issuer}/device">Type another code</a></p>`
  return { issuer, title: 'Answered before', body }
}
