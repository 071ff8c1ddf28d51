/**
 * The pages on which a person sees, and takes back, what apps were allowed.
 *
 * @module
 */

import { html } from 'hono/html'
import { type Html, loggedIn, type Page, writeTime } from './page.ts'

/** An app, as a person sees it. */
export interface ShownApp {
  readonly name: string
  /** Of one that nobody configured, who published it, or where its answers go. */
  readonly host: string | undefined
  readonly resources: readonly string[]
  readonly scope: readonly string[]
  /** What the providers are called at which it acts for the person. */
  readonly actsAt: readonly string[]
  /** What it was told of the person, in words; nothing where it did not ask. */
  readonly told: string | undefined
  /** Whether it goes on after a logout. */
  readonly isOffline: boolean
  /** When it was allowed last. Unix seconds. */
  readonly at: number
  /** The sealed press that ends it. */
  readonly press: string
}

/** What the page shows. */
export interface ShownApps {
  readonly issuer: string
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

function pressForm(issuer: string, press: string, words: Html | string): Html {
  return html`<form class="single" method="post" action="${issuer}/apps">
<input type="hidden" name="press" value="${press}">
<button type="submit">${words}</button>
</form>`
}

/** Returns the page that lists the apps. */
export function appsPage({ issuer, account, apps, isCut, pressAll, can }: ShownApps): Page {
  const items = apps.map(
    ({
      name,
      host,
      resources,
      scope,
      actsAt,
      told,
      isOffline,
      at,
      press,
    }) => html`<li><strong><bdi>${name}</bdi></strong>${host === undefined || host === name ? '' : html` <span class="soft">(${host})</span>`}
<dl class="facts">${resources.length === 0 ? '' : html`<dt>Where</dt>${resources.map((one) => html`<dd><bdi>${one}</bdi></dd>`)}`}
${scope.length === 0 ? '' : html`<dt>What</dt><dd>${scope.join(', ')}</dd>`}${actsAt.length === 0 ? '' : html`<dt>Acts for you</dt>${actsAt.map((one) => html`<dd>at <bdi>${one}</bdi></dd>`)}`}${told === undefined ? '' : html`<dt>Was told</dt><dd>${told}</dd>`}${isOffline ? html`<dt>How long</dt><dd>even after you log out</dd>` : ''}<dt>When</dt><dd>${writeTime(at)}</dd></dl>
${can === 'end apps' ? pressForm(issuer, press, html`End <bdi>${name}</bdi>`) : ''}</li>`,
  )
  const cannot =
    can === 'log out'
      ? html`<p>One app cannot be ended alone here. <a href="${issuer}/logout">Log out</a>, and no app gets anything new from this session; what it has works until it expires.</p>`
      : html`<p>Nothing can be ended here: what an app has works until it expires.</p>`
  const body = html`<h1>What you allowed</h1>
<p>${loggedIn(account)} This is what you allowed <strong>in this browser</strong>; what you allowed in others is not known here.</p>
${apps.length === 0 ? html`<p>No app is known in this browser.</p>` : html`<ul class="scopes">${items}</ul>`}
${isCut ? html`<p>Older apps had no room in this list.</p>` : ''}
${can === 'end apps' ? html`<h2>Everything, everywhere</h2><p>Ends every app and every session that is yours, in other browsers too, and logs you out.</p>${pressForm(issuer, pressAll, 'End everything')}` : cannot}`
  return { issuer, title: 'What you allowed', body }
}

/**
 * Returns the page after something was ended.
 *
 * @param livesOnAt what providers are called at which what was handed over of them did not end
 */
export function endedPage(issuer: string, isAll: boolean, livesOnAt: readonly string[]): Page {
  const words = isAll
    ? 'Every app and every session of yours has ended, and you are logged out.'
    : 'The app has ended, wherever it was let in. It has to ask you again.'
  const body = html`<h1>Ended</h1>
<p>${words} It can take a few seconds until every service knows.</p>
${livesOnAt.map((label) => html`<p class="note">What you allowed at <strong><bdi>${label}</bdi></strong> lives on there. You can end it in your settings at <bdi>${label}</bdi>.</p>`)}
<p><a href="${issuer}${isAll ? '/' : '/apps'}">${isAll ? 'Go to the start page' : 'Back to what you allowed'}</a></p>`
  return { issuer, title: 'Ended', body }
}

/** Returns the page for somebody who is not logged in. */
export function notLoggedInPage(issuer: string): Page {
  const body = html`<h1>You are not logged in</h1>
<p>What you allowed can be seen once an app has sent you here to log in.</p>
<p><a href="${issuer}/">Go to the start page</a></p>`
  return { issuer, title: 'Not logged in', body }
}
