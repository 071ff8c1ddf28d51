/**
 * The page that asks a person whether a client may have what it asks for.
 *
 * @module
 */

import { html } from 'hono/html'
import { listOf, resourceText, type ShownResource } from './asked.ts'
import { logoOf } from './own.ts'
import type { Page } from './page.ts'
import { askedLanguage, linkTo, nameOf, ownerOf, strong, type View } from './view.ts'
import { fill, fillTitle, type Html, writeAgo, writeTime } from './words/words.ts'

/** What is known of a client that nobody configured. */
export interface ShownWalkIn {
  /** The host to which answers go; nothing where that is an app on this device. */
  readonly place: string | undefined
  /** The host that published its document. Nothing where it registered: then nobody stands behind what it says. */
  readonly publisher: string | undefined
  /** Whether it is called by the name that it gave itself. */
  readonly isNamed: boolean
}

/** What the consent page shows. */
export interface Consent {
  /** The sealed consent, bound to the session. */
  readonly consent: string
  /** Nothing of an app on the person's own device that may be called nothing else. */
  readonly clientName: string | undefined
  /** The host of the client's home page, if it has one. */
  readonly clientHost: string | undefined
  /** Where the answer goes, as a person can read it. */
  readonly destination: string
  /** Whether the answer goes to an app on the person's own device. */
  readonly isOnDevice: boolean
  /** What is known of a client that nobody configured. */
  readonly walkIn: ShownWalkIn | undefined
  /** What it will be told of the person, a sentence each. */
  readonly about: readonly string[]
  readonly resources: readonly ShownResource[]
  /** The account in use, where there is a name for it. */
  readonly account: string | undefined
  /** How long the client keeps what it gets, in words. */
  readonly lifetime: string
  /** When a device began to ask, and how many seconds ago that is: its page takes the answer. Default: no device asks. */
  readonly device?: { readonly began: number; readonly ago: number }
}

/** Returns who says what a client is that nobody configured: beside its name there is nothing to go by but hosts. */
export function whoSays(view: View, { place: host, publisher, isNamed }: ShownWalkIn, isOnDevice: boolean): Html {
  const { consent } = view.words
  const place = strong(nameOf(view, host))
  if (publisher === undefined)
    return html`<p class="note">${fill(isNamed ? consent.ownName : consent.noName, { place })}</p>`
  const text = isOnDevice || host === publisher ? consent.published : consent.publishedElsewhere
  return html`<p class="note">${fill(text, { place, publisher: strong(publisher) })}</p>`
}

/** Returns the warning of an answer that goes to the person's own device. */
function warning({ words: { consent } }: View, { walkIn, isOnDevice }: Consent): Html | string {
  if (!isOnDevice) return ''
  if (walkIn === undefined) return html`<p class="note">${consent.onDevice}</p>`
  const { publisher } = walkIn
  if (publisher === undefined) return html`<p class="note">${consent.walkInOnDevice}</p>`
  return html`<p class="note">${fill(consent.publishedOnDevice, { publisher: strong(publisher) })}</p>`
}

/** Returns who meets here: the app by its first letter, for a picture of its own would be asked for elsewhere, and the operator. */
function meeting(view: View, app: string): Html {
  const [first = ''] = new Intl.Segmenter(view.words.frame.formats).segment(app)
  return html`<div class="meeting" aria-hidden="true"><span>${first === '' ? '' : first.segment.toLocaleUpperCase(view.words.frame.formats)}</span><i></i><span>${logoOf(view)}</span></div>`
}

/** Returns the page that asks. Both answers are of one size, and neither is chosen beforehand. */
export function consentPage(view: View, shown: Consent): Page {
  const { clientHost, destination, isOnDevice, about, resources, account, lifetime, walkIn, device } = shown
  const { consent } = view.words
  const app = nameOf(view, shown.clientName)
  const named = resources.length === 0 ? consent.titleLogin : consent.title
  const headline = shown.clientName === undefined ? consent.titleOnDevice : named
  const owner = ownerOf(view)
  const body = html`${meeting(view, app)}
<h1>${fill(headline, { app, owner })}</h1>
${account === undefined ? '' : html`<p class="account"><bdi>${account}</bdi></p>`}
${walkIn === undefined ? '' : whoSays(view, walkIn, isOnDevice)}
${
  about.length === 0
    ? ''
    : html`<p>${consent.can}</p>
${listOf(
  view,
  about.map((sentence) => html`<li>${sentence}</li>`),
)}`
}
${resources.map((resource) => resourceText(view, resource))}
<dl class="facts">
<dt>${consent.app}</dt><dd><bdi>${app}</bdi>${clientHost === undefined ? '' : html` <small>(<bdi>${clientHost}</bdi>)</small>`}</dd>
<dt>${consent.goesTo}</dt><dd><bdi>${destination}</bdi></dd>
${
  device === undefined
    ? ''
    : html`<dt>${consent.started}</dt><dd>${fill(consent.startedAt, { ago: html`${writeAgo(view.words, device.ago)}`, time: html`${writeTime(view.words, device.began)}` })}</dd>
`
}<dt>${consent.lifetime}</dt><dd>${lifetime}</dd>
</dl>
${warning(view, shown)}${device === undefined ? '' : html`<p class="note">${consent.fromDevice}</p>`}
<form id="question" method="post" action="${view.issuer}/${device === undefined ? 'consent' : 'device'}">
<input type="hidden" name="consent" value="${shown.consent}">${device === undefined ? '' : askedLanguage(view)}
<div class="pair">
<button type="submit" name="decision" value="deny">${consent.deny}</button>
<button type="submit" name="decision" value="allow" class="first">${consent.allow}</button>
</div>
</form>
<p class="later"><button form="question" type="submit" name="decision" value="switch">${consent.another}</button></p>
<p class="later">${fill(consent.later, {}, linkTo(view, '/apps'))}</p>`
  return { view, title: fillTitle(view.words, headline, { app, owner }), body }
}
