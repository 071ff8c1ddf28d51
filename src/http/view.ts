/**
 * What the pages of a request have in common, as it comes: the language that its app asks for, or its browser.
 *
 * @module
 */

import type { Context } from 'hono'
import { createView, type View } from '../pages/view.ts'

const VARIABLE = 'uiLocales'

/** Notes what a request asks for as `ui_locales` (OpenID Connect Core §3.1.2.1): the last that is known counts. */
export function askLanguage(c: Context, uiLocales: string | undefined): void {
  c.set(VARIABLE, uiLocales)
}

/** Returns what the pages of a request have in common. */
export function viewOf(c: Context, { issuer }: { readonly issuer: string }): View {
  const uiLocales: string | undefined = c.get(VARIABLE) ?? c.req.query('ui_locales')
  return createView(issuer, { uiLocales, acceptLanguage: c.req.header('accept-language') ?? null })
}
