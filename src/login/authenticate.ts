/**
 * Who logs the person in: the one option behind which every way to log in stands.
 *
 * @module
 */

/** Somebody who logged in. */
export interface Person {
  /**
   * Who: stable, and unique at this issuer; at most 255 characters, all of which can be seen. It never begins with `client:`,
   * `anonymous:` or `external:`.
   */
  readonly sub: string
  /**
   * When. Unix seconds. Default: nobody knows; then tokens do not tell, and no request is met that asks for a login which is
   * new, or not too old.
   */
  readonly auth_time?: number
  /**
   * What the person is shown as the account in use: at most 255 characters, all of which can be seen. Default: `sub`. Where that
   * tells people nothing, `null`: no account is shown.
   */
  readonly name?: string | null
  /** How (RFC 9068 §2.2.1). */
  readonly acr?: string
  /** By which methods (RFC 8176). */
  readonly amr?: readonly string[]
  /**
   * What is known of the person, by names of OpenID Connect Core §5.1 or your own. Kept are those that the setting `openid` lets
   * be told; they live in the person's browser, sealed, as long as the login. Default: nothing.
   */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A login under way. Nothing of it is stored: it is sealed in `state`, and bound to one browser. */
export interface Transaction {
  /** The issuer's URL. */
  readonly issuer: string
  /** `begin` when the login begins; `continue` when the browser comes back to `/login` or `/login/callback`. */
  readonly step: 'begin' | 'continue'
  /** The sealed transaction: must come back as the parameter `state`. */
  readonly state: string
  /** Where the browser is to come back with `state`: `<issuer>/login/callback`. */
  readonly callback: string
  /** 256 random bits as base64url, sealed in `state`: what proofs can be derived from. Never show it. */
  readonly secret: string
  /** What the client is called that the login is for. */
  readonly clientName: string
  /** When it was begun. Unix seconds. */
  readonly begunAt: number
  /** Whether the person must log in anew, whatever session there is elsewhere: `auth_time` must then be after `begunAt`. */
  readonly isFresh: boolean
  /** Seconds since the login at the most: `auth_time` must then be there. */
  readonly maxAge: number | undefined
  /** Whether the person is to choose an account, or another one. */
  readonly isChoosing: boolean
  /** Whom the client thinks to see. Not to be trusted. */
  readonly loginHint: string | undefined
  /** The contexts of authentication that the client would like best, with spaces between (OpenID Connect Core §3.1.2.1). */
  readonly acrValues: string | undefined
  /** The languages that the person reads, with spaces between (BCP 47). */
  readonly uiLocales: string | undefined
  /** Unix seconds. */
  readonly now: number
}

/**
 * Logs a person in: returns who it is, or what to show or where to send the browser next.
 *
 * @throws {OAuthError} `login_failed` when it failed, `temporarily_unavailable` when it may work later, `server_error` when it
 * takes an operator to mend it: the person sees a page that says so, with a way to try again. `access_denied` or
 * `login_required` when there will be no login, and whatever has `isForClient`: the client is told, by its redirect URI
 */
export type Authenticate = (request: Request, transaction: Transaction) => Promise<Person | Response>
