/**
 * What a client asks for, as a person reads it: at each resource, what it may see and what it may change, and in detail.
 *
 * @module
 */

import { html } from 'hono/html'
import { strong, type View } from './view.ts'
import { fill, type Html, pluralOf } from './words/words.ts'

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

/** A scope token, as a person reads it. */
export interface ShownScope {
  readonly token: string
  /** What it allows; nothing where nobody says. */
  readonly words: string | undefined
  /** Whether it is known to change nothing. */
  readonly isReadOnly: boolean
}

/** A resource, with what the scope and the details mean there. */
export interface ShownResource {
  readonly name: string
  readonly uri: string
  readonly scopes: readonly ShownScope[]
  readonly details: readonly ShownDetail[]
  /** Nothing where it acts nowhere else. */
  readonly handOver: ShownHandOver | undefined
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
    description === undefined ? '' : html`<br><bdi>${description}</bdi>`
  }${elsewhere.map((resource) => html`<br><span class="soft">${fill(consent.sameAs, { resource })}</span>`)}
${factsList(facts)}</li>`
}

/** Returns what is handed over: what the login there asks for by itself no setting tells, so that it is told as what it is. */
function handOverText({ words: { consent } }: View, { at, what }: ShownHandOver): Html {
  const items = what.map(
    (one) => html`<li>${'words' in one ? html`<bdi>${one.words}</bdi>` : html`<code>${one.token}</code>`}</li>`,
  )
  return html`<p>${fill(consent.actsAt, { provider: strong(at) })}</p>
<ul class="scopes">${items}<li>${what.length === 0 ? consent.actsByAll : consent.actsByMore}</li></ul>`
}

/** Items that stand there at once; the others are unfolded by a press, so that the answers stay within reach of a thumb. */
const SHOWN = 5

/** Returns a list; where it is long, with its end folded, unless all of it is to be seen. */
export function listOf(view: View, items: readonly Html[], isWhole = false): Html {
  const folded = items.length > SHOWN + 1 && !isWhole ? items.slice(SHOWN) : []
  const shown = items.slice(0, items.length - folded.length)
  const more = fill(pluralOf(view.words, view.words.consent.more, folded.length), { count: folded.length })
  if (items.length === 0) return html``
  return html`<ul class="scopes">${shown}</ul>
${folded.length === 0 ? '' : html`<details><summary>${more}</summary><ul class="scopes">${folded}</ul></details>`}`
}

/** Returns a scope token: first what it allows, then what it is called. */
function scopeItem({ token, words }: ShownScope): Html {
  const name = html`<code>${token}</code>`
  return words === undefined ? html`<li>${name}</li>` : html`<li><bdi>${words}</bdi> <small>${name}</small></li>`
}

/** Returns what the client gets at a resource: what changes nothing stands apart, where that is known of some of it. */
export function resourceText(view: View, { name, uri, scopes, details, handOver }: ShownResource): Html {
  const { consent } = view.words
  const resource = html`${strong(name)} <small>(<bdi>${uri}</bdi>)</small>`
  const reading = scopes.filter(({ isReadOnly }) => isReadOnly).map(scopeItem)
  const changing = scopes.filter(({ isReadOnly }) => !isReadOnly).map(scopeItem)
  // What is asked for in detail, such as a payment, is never folded.
  const inDetail =
    details.length === 0 ? '' : html`<ul class="scopes">${details.map((detail) => detailItem(view, detail))}</ul>`
  const apart = (words: string, items: readonly Html[], isWhole = false): Html | string =>
    items.length === 0 ? '' : html`<h2 class="apart">${words}</h2>\n${listOf(view, items, isWhole)}`
  return html`<p>${fill(consent.canAt, { resource })}</p>
${reading.length === 0 ? listOf(view, changing) : html`${apart(consent.seeOnly, reading)}${apart(consent.change, changing, true)}`}${inDetail}
${handOver === undefined ? '' : handOverText(view, handOver)}`
}
