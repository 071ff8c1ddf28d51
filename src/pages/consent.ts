/**
 * The page that asks a person whether a client may have what it asks for, and those for what became of the question.
 *
 * @module
 */

import { html } from 'hono/html'
import { backTo, leadsBack, type WayBack, wayOut } from './leaving.ts'
import type { Page } from './page.ts'
import { askedLanguage, nameOf, strong, type View } from './view.ts'
import { fill, fillTitle, type Html, writeAgo, writeTime } from './words/words.ts'

/** A value as a person reads it. */
export interface ShownValue {
  readonly text: string
  /** Whether the words are ours, for a value of which nothing can be seen. */
  readonly isOurs: boolean
}

/** Something that a detail says: what it is called, and its values, or what it consists of. */
export type ShownFact =
  | { readonly label: string; readonly values: readonly ShownValue[] }
  | { readonly label: string; readonly facts: readonly ShownFact[] }

/** An authorization detail, in words. */
export interface ShownDetail {
  readonly name: string
  /** Which one it is of those of its name in the request, such as "1 of 2"; nothing where it is the only one. */
  readonly which: string | undefined
  readonly description: string | undefined
  readonly facts: readonly ShownFact[]
  /** The other resources, as they are called here, at which the very same detail is shown again. */
  readonly elsewhere: readonly string[]
}

/** At which provider a resource acts for the person. */
export interface ShownHandOver {
  /** What the provider is called. */
  readonly at: string
  /** What it does there: in words, or what the provider itself calls it. */
  readonly what: readonly ({ readonly words: string } | { readonly token: string })[]
}

/** A resource, with what the scope and the details mean there. */
export interface ShownResource {
  readonly name: string
  readonly uri: string
  readonly scopes: readonly string[]
  readonly details: readonly ShownDetail[]
  /** Nothing where it acts nowhere else. */
  readonly handOver: ShownHandOver | undefined
}

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

/** Returns a value, isolated, so that it cannot turn round what stands beside it; our own words look otherwise. */
function valueText({ text, isOurs }: ShownValue): Html {
  return isOurs ? html`<em class="soft">${text}</em>` : html`<bdi>${text}</bdi>`
}

/** Returns values: several are numbered, so that one which takes two lines is not taken for two. */
function valuesList(values: readonly ShownValue[]): Html {
  const [only, another] = values
  if (only !== undefined && another === undefined) return valueText(only)
  return html`<ol>${values.map((value) => html`<li>${valueText(value)}</li>`)}</ol>`
}

/** Returns facts; what consists of others holds them together, under its own name. */
function factsList(facts: readonly ShownFact[]): Html {
  return html`<dl class="facts">${facts.map((fact) =>
    'facts' in fact
      ? html`<dt class="whole">${fact.label}</dt><dd class="whole">${factsList(fact.facts)}</dd>`
      : html`<dt>${fact.label}</dt><dd>${valuesList(fact.values)}</dd>`,
  )}</dl>`
}

/** Returns a detail: what it is, which one, and every value of it. */
function detailItem({ words: { consent } }: View, { name, which, description, facts, elsewhere }: ShownDetail): Html {
  return html`<li><strong>${which === undefined ? html`<bdi>${name}</bdi>` : fill(consent.detail, { detail: name, which: html`${which}` })}</strong>${
    description === undefined ? '' : html`<br>${description}`
  }${elsewhere.map((resource) => html`<br><span class="soft">${fill(consent.sameAs, { resource })}</span>`)}
${factsList(facts)}</li>`
}

/** Returns what is handed over: what the login there asks for by itself no setting tells, so that it is told as what it is. */
function handOverText({ words: { consent } }: View, { at, what }: ShownHandOver): Html {
  const items = what.map((one) => html`<li>${'words' in one ? one.words : html`<code>${one.token}</code>`}</li>`)
  return html`<p>${fill(consent.actsAt, { provider: strong(at) })}</p>
<ul class="scopes">${items}<li>${what.length === 0 ? consent.actsByAll : consent.actsByMore}</li></ul>`
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

/** Returns what the client gets at a resource. */
function resourceText(view: View, { name, uri, scopes, details, handOver }: ShownResource): Html {
  return html`<p>${fill(view.words.consent.canAt, { resource: html`${strong(name)} <span class="soft">(<bdi>${uri}</bdi>)</span>` })}</p>
<ul class="scopes">${scopes.map((words) => html`<li>${words}</li>`)}${details.map((detail) => detailItem(view, detail))}</ul>
${handOver === undefined ? '' : handOverText(view, handOver)}`
}

/** Returns the page that asks. Both answers look alike, and neither is chosen beforehand. */
export function consentPage(view: View, shown: Consent): Page {
  const { clientHost, destination, isOnDevice, about, resources, account, lifetime, walkIn, device } = shown
  const { consent } = view.words
  const app = nameOf(view, shown.clientName)
  const body = html`<h1>${fill(consent.title, { app })}</h1>
${walkIn === undefined ? '' : whoSays(view, walkIn, isOnDevice)}
${
  about.length === 0
    ? ''
    : html`<p>${consent.can}</p>
<ul class="scopes">${about.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
}
${resources.map((resource) => resourceText(view, resource))}
<dl class="facts">
${account === undefined ? '' : html`<dt>${consent.account}</dt><dd><bdi>${account}</bdi></dd>`}
<dt>${consent.app}</dt><dd><bdi>${app}</bdi>${clientHost === undefined ? '' : html` <span class="soft">(<bdi>${clientHost}</bdi>)</span>`}</dd>
<dt>${consent.goesTo}</dt><dd><bdi>${destination}</bdi></dd>
${
  device === undefined
    ? ''
    : html`<dt>${consent.started}</dt><dd>${fill(consent.startedAt, { ago: html`${writeAgo(view.words, device.ago)}`, time: html`${writeTime(view.words, device.began)}` })}</dd>
`
}<dt>${consent.lifetime}</dt><dd>${lifetime}</dd>
</dl>
${warning(view, shown)}${device === undefined ? '' : html`<p class="note">${consent.fromDevice}</p>`}
<form method="post" action="${view.issuer}/${device === undefined ? 'consent' : 'device'}">
<input type="hidden" name="consent" value="${shown.consent}">${device === undefined ? '' : askedLanguage(view)}
<div class="pair">
<button type="submit" name="decision" value="deny">${consent.deny}</button>
<button type="submit" name="decision" value="allow">${consent.allow}</button>
</div>
<footer>${account === undefined ? '' : html`${fill(consent.notYou, { account })} `}<button type="submit" name="decision" value="switch">${consent.another}</button></footer>
</form>`
  return { view, title: fillTitle(view.words, consent.title, { app }), body }
}

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
