/**
 * What stands above and below every page: whose it is, and where to turn.
 *
 * @module
 */

import { html, raw } from 'hono/html'
import type { View } from './view.ts'
import type { Html } from './words/words.ts'

const SEAL = raw(
  '<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="14" fill="none" stroke="currentColor" stroke-width="2.5"/><path d="M9 13h14v9H9zM9 13l7 6 7-6" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linejoin="round"/></svg>',
)

/** Returns the operator's picture, or the seal; its name stands beside it. */
export function logoOf({ branding: { logo, logoDark } }: View): Html {
  if (logo === undefined) return html`${SEAL}`
  const dark = logoDark === undefined ? '' : html`<source srcset="${logoDark}" media="(prefers-color-scheme: dark)">`
  return html`<picture>${dark}<img src="${logo}" alt=""></picture>`
}

/** Returns whose page it is: the host stands there always, for only that can be proved. */
export function brandLine(view: View): Html {
  const { name } = view.branding
  const host = html`<bdi${name === undefined ? '' : raw(' class="soft"')}>${new URL(view.issuer).host}</bdi>`
  return html`<header class="brand">${logoOf(view)}<p>${name === undefined ? '' : html`<strong><bdi>${name}</bdi></strong> `}${host}</p></header>`
}

/** Returns where to turn; nothing where the operator says nothing of it. */
export function footLine({ branding: { support, privacy, terms }, words: { frame } }: View): Html | string {
  const links = [
    [support, frame.help],
    [privacy, frame.privacy],
    [terms, frame.terms],
  ] as const
  const shown = links.flatMap(([href, words]) => (href === undefined ? [] : [html`<a href="${href}">${words}</a>`]))
  return shown.length === 0 ? '' : html`<footer class="foot">${shown}</footer>`
}
