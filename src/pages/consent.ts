/**
 * The page that asks a person whether a client may have what it asks for, and those for what became of the question.
 *
 * @module
 */

import { html } from 'hono/html'
import { leadsBack, type WayBack, wayOut } from './leaving.ts'
import { type Html, type Page, writeTime } from './page.ts'

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
  /** Where answers go: a host, or an app on this device. */
  readonly place: string
  /** The host that published its document. Nothing where it registered: then nobody stands behind what it says. */
  readonly publisher: string | undefined
  /** Whether it is called by the name that it gave itself. */
  readonly isNamed: boolean
}

/** What the consent page shows. */
export interface Consent {
  readonly issuer: string
  /** The sealed consent, bound to the session. */
  readonly consent: string
  readonly clientName: string
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
  /** When a device began to ask, and how long ago that is, in words: its page takes the answer. Default: no device asks. */
  readonly device?: { readonly began: number; readonly ago: string }
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
function detailItem({ name, which, description, facts, elsewhere }: ShownDetail): Html {
  return html`<li><strong><bdi>${name}</bdi>${which === undefined ? '' : html`, ${which}`}</strong>${
    description === undefined ? '' : html`<br>${description}`
  }${elsewhere.map((name) => html`<br><span class="soft">One and the same as at <bdi>${name}</bdi></span>`)}
${factsList(facts)}</li>`
}

/** Returns what is handed over: what the login there asks for by itself no setting tells, so that it is told as what it is. */
function handOverText({ at, what }: ShownHandOver): Html {
  const items = what.map((one) => html`<li>${'words' in one ? one.words : html`<code>${one.token}</code>`}</li>`)
  return html`<p>It will act for you at <strong><bdi>${at}</bdi></strong>:</p>
<ul class="scopes">${items}<li>do ${what.length === 0 ? 'what' : 'whatever else'} you allowed there when you logged in</li></ul>`
}

/** Returns who says what a client is that nobody configured: beside its name there is nothing to go by but hosts. */
export function whoSays({ place, publisher, isNamed }: ShownWalkIn, isOnDevice: boolean): Html {
  const goes = html`The answer goes to <strong>${place}</strong>.`
  if (publisher === undefined)
    return html`<p class="note">${goes} ${isNamed ? 'The app gave itself this name, and nobody has checked it.' : 'Nobody has checked which app this is.'}</p>`
  const apart = isOnDevice || place === publisher ? '' : html` That is another host than the one that published it.`
  return html`<p class="note">${goes} The app is published by <strong>${publisher}</strong>.${apart}</p>`
}

/** Returns the warning of an answer that goes to the person's own device. */
function warning({ walkIn, isOnDevice }: Consent): Html | string {
  if (!isOnDevice) return ''
  const rest = html`go on only if you have just started it yourself.`
  if (walkIn === undefined)
    return html`<p class="note">The answer goes to an app on this device. Nobody can prove which app that is: ${rest}</p>`
  const { publisher } = walkIn
  const claim =
    publisher === undefined ? '' : html`, and any can say that it is the one of <strong>${publisher}</strong>`
  return html`<p class="note">Nobody can prove which app on this device that is${claim}: ${rest}</p>`
}

/** Returns the page that asks. Both answers look alike, and neither is chosen beforehand. */
export function consentPage(consent: Consent): Page {
  const { issuer, clientName, clientHost, destination, isOnDevice, about, resources, account, lifetime } = consent
  const { walkIn, device } = consent
  const body = html`<h1>Let <bdi>${clientName}</bdi> in?</h1>
${walkIn === undefined ? '' : whoSays(walkIn, isOnDevice)}
${
  about.length === 0
    ? ''
    : html`<p>It will be able to:</p>
<ul class="scopes">${about.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
}
${resources.map(
  ({
    name,
    uri,
    scopes,
    details,
    handOver,
  }) => html`<p>At <strong><bdi>${name}</bdi></strong> <span class="soft">(${uri})</span> it will be able to:</p>
<ul class="scopes">${scopes.map((words) => html`<li>${words}</li>`)}${details.map(detailItem)}</ul>
${handOver === undefined ? '' : handOverText(handOver)}`,
)}
<dl class="facts">
${account === undefined ? '' : html`<dt>Account</dt><dd><bdi>${account}</bdi></dd>`}
<dt>App</dt><dd><bdi>${clientName}</bdi>${clientHost === undefined ? '' : html` <span class="soft">(${clientHost})</span>`}</dd>
<dt>Answer goes to</dt><dd>${destination}</dd>
${
  device === undefined
    ? ''
    : html`<dt>Started</dt><dd>${device.ago}, at ${writeTime(device.began)}</dd>
`
}<dt>For</dt><dd>${lifetime}</dd>
</dl>
${warning(consent)}${
  device === undefined
    ? ''
    : html`<p class="note">Allow this only if you started this on your device, and it shows this very code. Nobody can prove which device that is: whoever sent you the code gets what you allow.</p>`
}
<form method="post" action="${issuer}/${device === undefined ? 'consent' : 'device'}">
<input type="hidden" name="consent" value="${consent.consent}">
<div class="pair">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="allow">Allow</button>
</div>
<footer>${account === undefined ? '' : html`Not <bdi>${account}</bdi>? `}<button type="submit" name="decision" value="switch">Use another account</button></footer>
</form>`
  return { issuer, title: `Let ${clientName} in?`, body }
}

/** Returns the page that takes the browser to another login, with the same request. */
export function switchingPage(issuer: string, location: string): Page {
  const body = html`<h1>Another account</h1>
<p>You are being taken to the login, and go on from there with the same request. If nothing happens:</p>
<p><a class="button" href="${location}">Go on</a></p>`
  return { issuer, title: 'Another account', body, goesTo: location }
}

/** Returns the page that takes the browser to the same question once more. */
export function askingAnewPage(issuer: string, location: string): Page {
  const body = html`<h1>Please answer once more</h1>
<p>This page was open for too long, or somebody has logged in or out since, so your answer did not count. You are being taken to the same question. If nothing happens:</p>
<p><a class="button" href="${location}">Go on</a></p>`
  return { issuer, title: 'Once more', body, goesTo: location }
}

/** Returns the page for a consent that was answered otherwise before, with the way back to the client. */
export function answeredPage(issuer: string, back: WayBack): Page {
  const { clientName } = back
  const body = html`<h1>You have answered this before</h1>
<p>Each question is asked once, and your first answer counts. If <bdi>${clientName}</bdi> still waits for you, go back and start again there.</p>
${wayOut(back, html`Back to <bdi>${clientName}</bdi>`)}`
  return { issuer, title: 'Answered before', body, ...leadsBack(back) }
}
