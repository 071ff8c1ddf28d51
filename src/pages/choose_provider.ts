/**
 * The page at which a person chooses where to log in.
 *
 * @module
 */

import { html } from 'hono/html'
import { type ShownWalkIn, whoSays } from './consent.ts'
import type { Page } from './page.ts'
import { nameOf, strong, type View } from './view.ts'
import { fill } from './words/words.ts'

/** A way to log in. */
export interface Choice {
  /** What people read that it is called. */
  readonly label: string
  /** Where it leads. */
  readonly location: string
  /** Whether it is the one that was used last in this browser. */
  readonly isLast: boolean
}

/** What the page shows. */
export interface ProviderQuestion {
  /** Nothing of an app on the person's own device that may be called nothing else. */
  readonly clientName: string | undefined
  /** What is known of a client that nobody configured. */
  readonly walkIn: ShownWalkIn | undefined
  /** Whether the answer goes to an app on the person's own device. */
  readonly isOnDevice: boolean
  /** In the order in which they stand there. */
  readonly choices: readonly Choice[]
}

/** Returns the page: each way is a link, and nothing happens before one is followed. */
export function chooseProviderPage(view: View, question: ProviderQuestion): Page {
  const { login } = view.words
  const { clientName, walkIn, isOnDevice, choices } = question
  const body = html`<h1>${login.headline}</h1>
<p>${fill(login.intro, { app: strong(nameOf(view, clientName)) })}</p>
${walkIn === undefined ? '' : whoSays(view, walkIn, isOnDevice)}
<ul class="choices">${choices.map(
    ({ label, location, isLast }) => html`
<li><a class="button${isLast ? ' last' : ''}" href="${location}">${fill(login.goOnWith, { provider: label })}</a>${
      isLast ? html`<span class="soft">${login.last}</span>` : ''
    }</li>`,
  )}
</ul>`
  return { view, title: login.title, body }
}
