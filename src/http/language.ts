/**
 * The language that a person chose at the foot of a page: a parameter of ours brings it, a cookie keeps it, and it counts before what
 * the app asks for, and the browser.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono'
import { readLanguage } from '../pages/language.ts'
import type { Language } from '../protocol/language.ts'
import { isPrefetch, LONGEST_URL, sameAgain } from './browser.ts'
import { createCookies } from './cookies.ts'

/**
 * The parameter that brings it. No specification has it, and no other server's links: apps write `lang`, `locale` or `hl` for
 * others, and would choose in people's place.
 */
export const LANGUAGE_PARAMETER = 'bulla_language'

/** Seconds for which a browser remembers it. */
const REMEMBERED_FOR = 15_552_000

const [CHOSEN, LASTING] = ['chosenLanguage', 'isLasting']

/** Returns an address without a language that was chosen; all else of it stays as it is written. */
function withoutLanguage(url: string): string {
  const at = url.indexOf('?')
  if (at === -1) return url
  const kept = url
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== '' && !new URLSearchParams(part).has(LANGUAGE_PARAMETER))
  return [url.slice(0, at), ...(kept.length === 0 ? [] : [kept.join('&')])].join('?')
}

/** Returns the address of a page in another language, which is to be put at its end; nothing where that would be too long. */
export function inLanguageAt(url: string): string | undefined {
  const plain = withoutLanguage(url)
  const address = `${plain}${plain.includes('?') ? '&' : '?'}${LANGUAGE_PARAMETER}=`
  return address.length + 'en'.length > LONGEST_URL ? undefined : address
}

/**
 * Tells whether a browser follows a link of a page of ours, as far as it says: nobody else's link, picture or frame chooses. One that
 * is too old to say so is believed, for nothing but a language hangs on it.
 */
function isOwnLink(headers: Headers): boolean {
  const [site, dest] = [headers.get('sec-fetch-site') ?? 'same-origin', headers.get('sec-fetch-dest') ?? 'document']
  return site === 'same-origin' && dest === 'document' && !isPrefetch(headers)
}

/** Returns the language that a request chooses; nothing where there is none, several, or one that is none of ours. */
function readChoice({ req }: Context): Language | undefined {
  if (req.method !== 'GET' || !isOwnLink(req.raw.headers)) return undefined
  const [language, another] = req.queries(LANGUAGE_PARAMETER) ?? []
  return another === undefined ? readLanguage(language) : undefined
}

/** Takes a language that is chosen, for this page and those to come; the page can be asked for as it is, in another one. */
export function takingLanguage(issuer: string): MiddlewareHandler {
  const cookies = createCookies(issuer)
  return async function takingLanguageMiddleware(c, next) {
    const language = readChoice(c)
    c.set(LASTING, true)
    c.set(CHOSEN, language)
    await next()
    // A header that is set before would be lost with an answer that is made without it.
    if (language !== undefined) cookies.set(c, 'language', language, REMEMBERED_FOR)
  }
}

/** Returns the language that a person chose, with this request or one before. */
export function chosenLanguage(c: Context, issuer: string): Language | undefined {
  return c.get(CHOSEN) ?? readLanguage(createCookies(issuer).get(c, 'language'))
}

/** Returns where the page that answers a request is in another language, which is to be put at its end; nothing where it cannot be had again. */
export function elsewhereOf(c: Context, issuer: string): string | undefined {
  const address = c.get(LASTING) === true ? sameAgain(c.req.raw, issuer) : undefined
  return address === undefined ? undefined : inLanguageAt(address)
}
