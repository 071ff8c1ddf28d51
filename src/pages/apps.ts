/**
 * The pages on which a person sees, and takes back, what apps were allowed.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Page } from './page.ts'
import { askedLanguage, linkTo, loggedIn, type View } from './view.ts'
import { fill, type Html, nameClaims, writeList, writeTime } from './words/words.ts'

/** An app, as a person sees it. */
export interface ShownApp {
  readonly name: string
  /** Of one that nobody configured, who published it, or where its answers go. */
  readonly host: string | undefined
  readonly resources: readonly string[]
  readonly scope: readonly string[]
  /** What the providers are called at which it acts for the person. */
  readonly actsAt: readonly string[]
  /** What it was told of the person beside who it is, by what it is called in English; nothing where it did not ask. */
  readonly told: readonly string[] | undefined
  /** Whether it goes on after a logout. */
  readonly isOffline: boolean
  /** When it was allowed last. Unix seconds. */
  readonly at: number
  /** The sealed press that ends it. */
  readonly press: string
}

/** What the page shows. */
export interface ShownApps {
  /** The account in use, where there is a name for it. */
  readonly account: string | undefined
  readonly apps: readonly ShownApp[]
  /** Whether older apps had no room. */
  readonly isCut: boolean
  /** The sealed press that ends everything. */
  readonly pressAll: string
  /** What can be ended here: apps; only the session, by logging out; or nothing. */
  readonly can: 'end apps' | 'log out' | 'nothing'
}

function pressForm(view: View, press: string, words: Html | string): Html {
  return html`<form class="single" method="post" action="${view.issuer}/apps">
<input type="hidden" name="press" value="${press}">${askedLanguage(view)}
<button type="submit">${words}</button>
</form>`
}

function appItem(
  view: View,
  { name, host, resources, scope, actsAt, told, isOffline, at, press }: ShownApp,
  can: ShownApps['can'],
): Html {
  const { apps } = view.words
  const facts = [
    [apps.where, resources.map((one) => html`<bdi>${one}</bdi>`)],
    [apps.what, scope.length === 0 ? [] : [html`<bdi>${scope.join(', ')}</bdi>`]],
    [apps.actsForYou, actsAt.map((provider) => fill(apps.actsAt, { provider }))],
    [apps.told, told === undefined ? [] : [toldWords(view, told)]],
    [apps.howLong, isOffline ? [html`${apps.offline}`] : []],
    [apps.when, [html`${writeTime(view.words, at)}`]],
  ] as const
  return html`<li><strong><bdi>${name}</bdi></strong>${host === undefined || host === name ? '' : html` <span class="soft">(<bdi>${host}</bdi>)</span>`}
<dl class="facts">${facts.map(([label, values]) => (values.length === 0 ? '' : html`<dt>${label}</dt>${values.map((value) => html`<dd>${value}</dd>`)}`))}</dl>
${can === 'end apps' ? pressForm(view, press, fill(apps.end, { app: name })) : ''}</li>`
}

/** Returns what an app was told, as a sentence that begins with "Was told". */
function toldWords({ words }: View, told: readonly string[]): Html {
  const { toldWho, toldMore } = words.apps
  return told.length === 0
    ? html`${toldWho}`
    : fill(toldMore, { claims: html`${writeList(words, nameClaims(words, told))}` })
}

/** Returns the page that lists the apps. */
export function appsPage(view: View, { account, apps: shown, isCut, pressAll, can }: ShownApps): Page {
  const { apps } = view.words
  const cannot =
    can === 'log out'
      ? html`<p>${fill(apps.onlyLogout, {}, linkTo(view, '/logout'))}</p>`
      : html`<p>${apps.nothingEnds}</p>`
  const body = html`<h1>${apps.title}</h1>
<p>${loggedIn(view, account)} ${fill(apps.intro)}</p>
${shown.length === 0 ? html`<p>${apps.none}</p>` : html`<ul class="scopes">${shown.map((app) => appItem(view, app, can))}</ul>`}
${isCut ? html`<p>${apps.cut}</p>` : ''}
${can === 'end apps' ? html`<h2>${apps.all}</h2><p>${apps.allHelp}</p>${pressForm(view, pressAll, apps.endAll)}` : cannot}`
  return { view, title: apps.title, body }
}

/**
 * Returns the page after something was ended.
 *
 * @param livesOnAt what providers are called at which what was handed over of them did not end
 */
export function endedPage(view: View, isAll: boolean, livesOnAt: readonly string[]): Page {
  const { ended, common } = view.words
  const body = html`<h1>${ended.title}</h1>
<p>${isAll ? ended.all : ended.one}</p>
${livesOnAt.map((provider) => html`<p class="note">${fill(ended.livesOn, { provider })}</p>`)}
<p><a href="${linkTo(view, isAll ? '/' : '/apps')}">${isAll ? common.toStart : ended.back}</a></p>`
  return { view, title: ended.title, body }
}

/** Returns the page for somebody who is not logged in. */
export function notLoggedInPage(view: View): Page {
  const { title, headline, intro } = view.words.notLoggedIn
  const body = html`<h1>${headline}</h1>
<p>${intro}</p>
<p><a href="${linkTo(view, '/')}">${view.words.common.toStart}</a></p>`
  return { view, title, body }
}
