/**
 * The page at which a person chooses where to log in.
 *
 * @module
 */

import { html } from 'hono/html'
import { type ShownWalkIn, whoSays } from './consent.ts'
import type { Page } from './page.ts'

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
  readonly issuer: string
  readonly clientName: string
  /** What is known of a client that nobody configured. */
  readonly walkIn: ShownWalkIn | undefined
  /** Whether the answer goes to an app on the person's own device. */
  readonly isOnDevice: boolean
  /** In the order in which they stand there. */
  readonly choices: readonly Choice[]
}

/** Returns the page: each way is a link, and nothing happens before one is followed. */
export function chooseProviderPage(question: ProviderQuestion): Page {
  const { issuer, clientName, walkIn, isOnDevice, choices } = question
  const body = html`<h1>How do you want to log in?</h1>
<p><strong><bdi>${clientName}</bdi></strong> asks you to log in.</p>
${walkIn === undefined ? '' : whoSays(walkIn, isOnDevice)}
<ul class="choices">${choices.map(
    ({ label, location, isLast }) => html`
<li><a class="button${isLast ? ' last' : ''}" href="${location}">Continue with <bdi>${label}</bdi></a>${
      isLast ? html`<span class="soft">You used this last time.</span>` : ''
    }</li>`,
  )}
</ul>`
  return { issuer, title: 'Log in', body }
}
