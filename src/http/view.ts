/**
 * What the pages of a request have in common, as it comes: the language that its person chose, that its app asks for, or its browser.
 *
 * @module
 */

import type { Context } from 'hono'
import { createView, type View } from '../pages/view.ts'
import type { CheckedSettings } from '../settings/settings.ts'
import { chosenLanguage, elsewhereOf } from './language.ts'

const [LOCALES, REQUEST] = ['uiLocales', 'requestId']

/** Notes what a request asks for as `ui_locales` (OpenID Connect Core §3.1.2.1): the last that is known counts. */
export function askLanguage(c: Context, uiLocales: string | undefined): void {
  c.set(LOCALES, uiLocales)
}

/** Notes what the request is called, so that a page for what went wrong can say it. */
export function noteRequestId(c: Context, id: string): void {
  c.set(REQUEST, id)
}

/** Returns what the pages of a request have in common. */
export function viewOf(
  c: Context,
  { issuer, branding, isDevelopment }: Pick<CheckedSettings, 'issuer' | 'branding' | 'isDevelopment'>,
): View {
  return createView({
    issuer,
    branding,
    isDevelopment,
    requestId: c.get(REQUEST),
    uiLocales: c.get(LOCALES) ?? c.req.query('ui_locales'),
    acceptLanguage: c.req.header('accept-language'),
    chosen: chosenLanguage(c, issuer),
    inLanguage: elsewhereOf(c, issuer),
  })
}
