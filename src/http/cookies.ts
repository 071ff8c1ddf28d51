/**
 * The cookies of one browser: bound to this host, out of reach of scripts, sent along when somebody follows a link.
 *
 * @module
 */

import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { serialize } from 'hono/utils/cookie'

/**
 * What a cookie is for: the browser itself, the session, remembered consents, what apps were allowed, pushed requests that
 * were opened, the provider that was used last, the language that was chosen, the demo. That provider and that language are preferences and
 * no secrets: anybody who has the browser can change them, and nothing but an order, and words, hang on them.
 */
export type CookieKind = 'browser' | 'session' | 'remember' | 'apps' | 'pushed' | 'provider' | 'language' | 'demo'

/** Bytes of name, value and attributes that every browser keeps (RFC 6265 §6.1): what is longer it may drop, and says nothing. */
export const LONGEST_COOKIE = 4096

/**
 * Bytes that the cookie of a session may have as it begins: the rest is for what stands in it later. One that is longer is refused
 * at the login, and never cut.
 */
export const LONGEST_SESSION = 3800

/** The cookies of an issuer. */
export interface Cookies {
  get(c: Context, kind: CookieKind): string | undefined
  /** @param maxAge seconds; nothing for as long as the browser runs */
  set(c: Context, kind: CookieKind, value: string, maxAge?: number): void
  /** Returns how long a cookie would be, to be held against {@link LONGEST_COOKIE}. Bytes. */
  measure(kind: CookieKind, value: string, maxAge?: number): number
  /**
   * Sets a cookie that holds as much as fits: the first `most` things, or fewer; it is dropped where not one does.
   *
   * @param write returns the value that holds the first ones; nothing where there can be none
   */
  setMost(
    c: Context,
    kind: CookieKind,
    most: number,
    write: (kept: number) => Promise<string | undefined>,
    maxAge: number,
  ): Promise<void>
  drop(c: Context, kind: CookieKind): void
}

/**
 * Returns the cookies of an issuer. On https they bear the prefix `__Host-`, so that no other host can plant them; a
 * loopback issuer has no https, and does without. Issuers of one host are told apart by their path.
 */
export function createCookies(issuer: string): Cookies {
  const { protocol, pathname } = new URL(issuer)
  const isSecure = protocol === 'https:'
  const suffix = pathname === '/' ? '' : pathname.replaceAll(/[^A-Za-z0-9]+/g, '-')
  const nameOf = (kind: CookieKind): string => `bulla-${kind}${suffix}`
  const plain = { path: '/', httpOnly: true, sameSite: 'Lax' as const, secure: isSecure }
  const options = { ...plain, ...(isSecure ? { prefix: 'host' as const } : {}) }
  const attributes = (maxAge?: number) => ({ ...options, ...(maxAge === undefined ? {} : { maxAge }) })
  const set: Cookies['set'] = (c, kind, value, maxAge) => setCookie(c, nameOf(kind), value, attributes(maxAge))
  const measure: Cookies['measure'] = (kind, value, maxAge) =>
    serialize(`${isSecure ? '__Host-' : ''}${nameOf(kind)}`, value, {
      ...plain,
      ...(maxAge === undefined ? {} : { maxAge }),
    }).length
  const drop: Cookies['drop'] = (c, kind) => {
    deleteCookie(c, nameOf(kind), options)
  }
  return {
    get: (c, kind) => (isSecure ? getCookie(c, nameOf(kind), 'host') : getCookie(c, nameOf(kind))),
    set,
    measure,
    async setMost(c, kind, most, write, maxAge) {
      for (let kept = most; kept > 0; kept--) {
        const value = await write(kept)
        if (value !== undefined && measure(kind, value, maxAge) <= LONGEST_COOKIE) return set(c, kind, value, maxAge)
      }
      drop(c, kind)
    },
    drop,
  }
}

/** Returns a response with the cookies that were set beside it. */
export function withCookies(c: Context, response: Response): Response {
  for (const cookie of response.headers.getSetCookie()) c.header('Set-Cookie', cookie, { append: true })
  for (const [name, value] of response.headers) if (name !== 'set-cookie') c.header(name, value)
  return c.newResponse(response.body as never, response.status as never)
}
