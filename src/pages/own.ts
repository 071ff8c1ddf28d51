/**
 * What stands above and below every page: whose it is, and where to turn.
 *
 * @module
 */

import { html, raw } from 'hono/html'
import { LANGUAGES } from './language.ts'
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

/** Returns the languages, each by its own name: those that a page is not in are links. Nothing where it cannot be asked for again. */
function languageLinks({ language, inLanguage, words: { frame } }: View): Html | string {
  if (inLanguage === undefined) return ''
  const items = Object.entries(LANGUAGES).map(
    ([
      one,
      {
        frame: { name },
      },
    ]) =>
      one === language
        ? html`<li><span lang="${one}" aria-current="true">${name}</span></li>`
        : html`<li><a href="${inLanguage}${one}" lang="${one}" hreflang="${one}">${name}</a></li>`,
  )
  return html`<nav aria-label="${frame.language}"><ul>${items}</ul></nav>`
}

/** Returns where to turn, and the other languages; nothing where the operator says nothing of it, and there are none. */
export function footLine(view: View): Html | string {
  const { branding, words } = view
  const links = [
    [branding.support, words.frame.help],
    [branding.privacy, words.frame.privacy],
    [branding.terms, words.frame.terms],
  ] as const
  const shown = links.flatMap(([href, text]) => (href === undefined ? [] : [html`<a href="${href}">${text}</a>`]))
  const languages = languageLinks(view)
  return shown.length === 0 && languages === '' ? '' : html`<footer class="foot">${shown}${languages}</footer>`
}
