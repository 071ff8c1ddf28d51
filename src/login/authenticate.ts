/**
 * Who logs the person in: the one option behind which every way to log in stands.
 *
 * @module
 */

/** What a provider gives for somebody who logged in there, by which an API acts for them. */
export interface ProviderTokens {
  readonly accessToken: string
  /** By which new ones are had. Default: there is no way. */
  readonly refreshToken?: string
  /** When the access token ends. Unix seconds. Default: nobody says. */
  readonly expiresAt?: number
  /** What it may be used for, as the provider says it: scope tokens. */
  readonly scope: readonly string[]
}

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
  /** What a provider gave for this login, where `transaction.handsOver` asked for it. No session keeps it. */
  readonly tokens?: ProviderTokens
}

/** A login under way. Nothing of it is stored: it is sealed in `state`, and bound to one browser. */
export interface Transaction {
  /** The issuer's URL. */
  readonly issuer: string
  /**
   * `begin` when the login begins; `continue` when the browser comes back to `/login` or `/login/callback`: of a provider among several to
   * `callback`, and to `/login` by a form of its page here alone.
   */
  readonly step: 'begin' | 'continue'
  /** The sealed transaction: must come back as the parameter `state`. */
  readonly state: string
  /** What the settings call the provider that was chosen; nothing where there is but one way to log in. */
  readonly provider: string | undefined
  /** Where the browser is to come back with `state`: `<issuer>/login/callback`, and of a provider among several, `/<name>` after it. */
  readonly callback: string
  /** 256 random bits as base64url, sealed in `state`, and others at each provider: what proofs can be derived from. Never show it. */
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
  /** Whether the person is to make an account rather than to log in (Initiating User Registration via OpenID Connect). */
  readonly isCreating: boolean
  /** Whom the client thinks to see. Not to be trusted. */
  readonly loginHint: string | undefined
  /** The contexts of authentication that the client would like best, with spaces between (OpenID Connect Core §3.1.2.1). */
  readonly acrValues: string | undefined
  /** The languages that the person reads, with spaces between (BCP 47). */
  readonly uiLocales: string | undefined
  /**
   * What an API is handed of this provider: `scope` is asked for beside the provider's own, and `tokens` of the person must be there,
   * with all of it. Nothing where nobody is.
   */
  readonly handsOver: { readonly scope: readonly string[] } | undefined
  /** Unix seconds. */
  readonly now: number
}

/** A way to log in, as `Authenticate`. */
type Ask = (request: Request, transaction: Transaction) => Promise<Person | Response>

/** A way to log in, among several. */
export interface LoginProvider {
  /** What people read that it is called: `GitHub`. */
  readonly label: string
  /** Logs people in there; `transaction.provider` says what it is called in the settings. */
  readonly authenticate: Ask
  /** Whether it proves when somebody logged in: else what needs that is refused before anybody is sent there. */
  readonly tellsAuthTime: boolean
  /**
   * Whether its people bear the names that it gives them, as those of a page of your own: `7`. Default false: they begin with what the
   * settings call it and a bar, `github|7`, or are 43 characters of a digest. One provider at the most can be so, for two could mean
   * two people by one name; and none of its names looks like another provider's.
   */
  readonly hasPlainNames?: boolean
  /** Whether what it gives can be handed to an API. Default true; a page of your own gives nothing. */
  readonly givesTokens?: boolean
  /** Whether its answer comes as a form that another site posts (OAuth 2.0 Form Post Response Mode). Default false. */
  readonly isPosted?: boolean
  /** What its scope tokens let somebody do, in words that follow "It will act for you at GitHub:". */
  readonly scopeDescriptions?: ReadonlyMap<string, string>
  /**
   * Gets new tokens for a refresh token (RFC 6749 §6): with the refresh token that comes next, which is the same one where the
   * provider sends none. Nothing where its tokens are of no use to anybody, as those of a page of your own.
   *
   * @throws {OAuthError} `invalid_grant` when the provider ended it; `temporarily_unavailable` when it may work later; `server_error`
   * when it takes an operator to mend it
   */
  readonly refresh?: (tokens: ProviderTokens, now: number) => Promise<ProviderTokens>
  /**
   * Ends tokens there (RFC 7009), where the operator wants that. Nothing where they live on.
   *
   * @throws {OAuthError} `server_error`, `temporarily_unavailable` when they may live on
   */
  readonly revoke?: (tokens: ProviderTokens, now: number) => Promise<void>
  /**
   * Returns where a browser ends its session there, and comes back from with `state` (OpenID Connect RP-Initiated Logout §2); where
   * the operator wants that.
   */
  readonly endSession?: (back: { readonly location: string; readonly state: string }, now: number) => Promise<string>
}

/** The ways to log in by what the settings call them. */
export type LoginProviders = ReadonlyMap<string, LoginProvider>

/**
 * Logs a person in: returns who it is, or what to show or where to send the browser next.
 *
 * @throws {OAuthError} `login_failed` when it failed, `temporarily_unavailable` when it may work later, `server_error` when it
 * takes an operator to mend it: the person sees a page that says so, with a way to try again. `access_denied` or
 * `login_required` when there will be no login, and whatever has `isForClient`: the client is told, by its redirect URI
 */
export interface Authenticate {
  (request: Request, transaction: Transaction): Promise<Person | Response>
  /** The providers to choose from; `transaction.provider` says which. Default: there is one way, and nothing to choose. */
  readonly providers?: LoginProviders
}
