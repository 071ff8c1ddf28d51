/**
 * What all pages of one request have in common: whose they are, and in which language.
 *
 * @module
 */

import { html } from 'hono/html'
import type { Language } from '../protocol/language.ts'
import type { Branding } from './branding.ts'
import { chooseLanguage, LANGUAGES } from './language.ts'
import { fill, type Html, type Words } from './words/words.ts'

/** What all pages of one request have in common. */
export interface View {
  /** The issuer's URL: its host stands above every page. */
  readonly issuer: string
  readonly language: Language
  readonly words: Words
  /** What the operator's pages have of their own. */
  readonly branding: Branding
  /** Whether it is the issuer of a developer's machine, where anybody may be anybody: every page says so. */
  readonly isDevelopment: boolean
  /** What the log and events call the request, for whoever is asked for help. */
  readonly requestId: string | undefined
  /** What the request asked for as `ui_locales`: pages lead on with it. Nothing where it asked for none. */
  readonly uiLocales: string | undefined
  /**
   * Where the same page is in another language, which is to be put at the end. Nothing where it cannot be asked for again, as what comes
   * of a form.
   */
  readonly inLanguage: string | undefined
}

/** Tags of languages, as far as pages lead on with them. */
const TAGS = /^(?=.{1,200}$)[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*(?: [A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)*$/

/** What a view is made of. */
export interface ViewFacts extends Pick<View, 'issuer' | 'branding' | 'isDevelopment' | 'requestId' | 'uiLocales'> {
  /** What the browser sends. */
  readonly acceptLanguage: string | undefined
  /** The language that the person chose: it counts before all else. Default: none. */
  readonly chosen?: Language | undefined
  /** As in the view. Default: nowhere. */
  readonly inLanguage?: string | undefined
}

/** Returns what the pages of a request have in common. */
export function createView({ uiLocales, acceptLanguage, chosen, inLanguage, ...facts }: ViewFacts): View {
  const language = chosen ?? chooseLanguage(uiLocales, acceptLanguage)
  return {
    ...facts,
    language,
    words: facts.branding.words?.[language] ?? LANGUAGES[language],
    uiLocales: uiLocales && TAGS.test(uiLocales) ? uiLocales : undefined,
    inLanguage,
  }
}

/** Returns what an app is called here, of which nothing but a place may be said: it has none on the person's own device. */
export function nameOf({ words }: View, name: string | undefined): string {
  return name ?? words.common.appOnDevice
}

/** Returns whose account a person has here: the operator's name, or the issuer's host. */
export function ownerOf({ issuer, branding }: View): string {
  return branding.name ?? new URL(issuer).host
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
  return { ...view, language: 'en', words: LANGUAGES.en, inLanguage: undefined }
}

/** Returns the same of a page that nobody can ask for again: what it says would be lost. */
export function onlyOnce(view: View): View {
  return { ...view, inLanguage: undefined }
}
