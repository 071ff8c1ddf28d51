/**
 * What all pages of one request have in common: whose they are, and in which language.
 *
 * @module
 */

import { html } from 'hono/html'
import { chooseLanguage, LANGUAGES, type Language } from './language.ts'
import { fill, type Html, type Words } from './words/words.ts'

/** What all pages of one request have in common. */
export interface View {
  /** The issuer's URL: its host stands above every page. */
  readonly issuer: string
  readonly language: Language
  readonly words: Words
  /** What the request asked for as `ui_locales`: pages lead on with it. Nothing where it asked for none. */
  readonly uiLocales: string | undefined
}

/** Tags of languages, as far as pages lead on with them. */
const TAGS = /^(?=.{1,200}$)[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*(?: [A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)*$/

/** Returns what the pages of a request have in common. */
export function createView(
  issuer: string,
  { uiLocales, acceptLanguage }: { readonly uiLocales?: string | undefined; readonly acceptLanguage?: string | null },
): View {
  const language = chooseLanguage(uiLocales, acceptLanguage)
  return {
    issuer,
    language,
    words: LANGUAGES[language],
    uiLocales: uiLocales && TAGS.test(uiLocales) ? uiLocales : undefined,
  }
}

/** Returns what an app is called here, of which nothing but a place may be said: it has none on the person's own device. */
export function nameOf({ words }: View, name: string | undefined): string {
  return name ?? words.common.appOnDevice
}

/** Returns a name that stands out. */
export function strong(name: string): Html {
  return html`<strong><bdi>${name}</bdi></strong>`
}

/** Returns the sentence that says who is logged in, as far as there is a name for them. */
export function loggedIn({ words: { common } }: View, account: string | undefined): Html {
  return account === undefined ? fill(common.loggedIn) : fill(common.loggedInAs, { account: strong(account) })
}

/** Returns where a page of ours is, in the same language. */
export function linkTo({ issuer, uiLocales }: View, path: string): string {
  return `${issuer}${path}${uiLocales === undefined ? '' : `?ui_locales=${encodeURIComponent(uiLocales)}`}`
}

/** Returns what a form of ours goes on with, so that the next page is in the same language; nothing where nothing was asked for. */
export function askedLanguage({ uiLocales }: View): Html | string {
  return uiLocales === undefined ? '' : html`<input type="hidden" name="ui_locales" value="${uiLocales}">`
}

/** Returns the same in English: what is for developers is in no other language. */
export function inEnglish(view: View): View {
  return { ...view, language: 'en', words: LANGUAGES.en }
}
