/**
 * What an operator's pages have of their own: whose they are called, how they look, and where to turn.
 *
 * @module
 */

import type { Language } from '../protocol/language.ts'
import { inkOn } from './palette.ts'
import type { Words } from './words/words.ts'

/** What the pages of an issuer have of its own. */
export interface Branding {
  /** Whose pages they are called. Default: the issuer's host. */
  readonly name?: string
  /** A picture: a `data:` URL, or a path at the issuer's own host. Default: a seal. */
  readonly logo?: string
  /** The picture for dark pages. Default: `logo`. */
  readonly logoDark?: string
  /** The colour of links and buttons, `#rrggbb`, on light pages and on dark ones. Default: a burnt red. */
  readonly accent?: { readonly light: string; readonly dark: string }
  /** Where terms and privacy are told, and where help is: `https:`, or `mailto:` for help. */
  readonly terms?: string
  readonly privacy?: string
  readonly support?: string
  /** The words of a language, with the operator's own among them. Default: ours. */
  readonly words?: Readonly<Partial<Record<Language, Words>>>
}

/** Returns the rules that come after those of all pages. */
export function styleOf({ accent }: Branding): string {
  if (accent === undefined) return ''
  const { light, dark } = accent
  return `:root{--accent:${light};--accent-ink:${inkOn(light)}}
@media (prefers-color-scheme:dark){:root{--accent:${dark};--accent-ink:${inkOn(dark)}}}`
}

/** Returns from where pages may load pictures (CSP level 3): the issuer's host only where a logo lies there. */
export function picturesOf({ logo, logoDark }: Branding): string {
  return [logo, logoDark].some((picture) => picture?.startsWith('/')) ? "data: 'self'" : 'data:'
}
