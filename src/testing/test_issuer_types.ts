/**
 * What a test issuer is made from, and what it does.
 *
 * @module
 */

import type { IssuerSettings } from '../settings/issuer_settings.ts'
import type { Entitlement } from '../token/entitlement.ts'

/**
 * What a test issuer is made from.
 *
 * @see docs/guides/testing-your-api.md
 */
export interface TestIssuerOptions {
  /** Its URL: https on a host below `.test`, or on a loopback host. Default `https://issuer.test`. */
  readonly issuer?: string
  /** The URI of your API. Default `https://api.test`. */
  readonly resource?: string
  /** The scope tokens of your API. Default `read` and `write`. */
  readonly scopes?: readonly string[]
  /** Where its clock begins, Unix seconds. Default: now. It stands still until `advance`. */
  readonly now?: number
  /** Settings of an issuer's own that count before those of a test. Default: none. */
  readonly settings?: Partial<Omit<IssuerSettings, 'issuer' | 'keyRing' | 'now'>>
}

/**
 * What a token of a test says. What is left out is good.
 *
 * @see docs/guides/testing-your-api.md
 */
export interface TestTokenOptions
  extends Partial<Omit<Entitlement, 'aud' | 'scope' | 'iat' | 'exp' | 'client_id' | 'providerToken'>> {
  /** The scope tokens, with spaces between. Default: all of your API. */
  readonly scope?: string
  /** Through which client. Default `test-app`. */
  readonly client_id?: string
  /** For which API. Default: yours. */
  readonly resource?: string
  /** Seconds that it lives, from now on. Default 600. */
  readonly lifetime?: number
}

/**
 * Tokens that your API must refuse, each wrong in one thing alone.
 *
 * @see docs/guides/testing-your-api.md
 */
export interface RefusedTokens {
  /** Its time is over: 401. */
  expired(): Promise<string>
  /** It is for another API: 401. */
  otherResource(): Promise<string>
  /** It is sealed by nobody whom your API knows: 401. */
  forged(): Promise<string>
  /** It was revoked: 401, where the verifier asks for the list of revocations. */
  revoked(): Promise<string>
  /** It is good, and has none of your API's scope tokens: 403. */
  withoutScope(): Promise<string>
}

/**
 * Who logs in, and what for.
 *
 * @see docs/guides/testing-your-api.md
 */
export interface TestLogin {
  /** Who. Default `alice`. */
  readonly sub?: string
  /** The scope tokens, with spaces between. Default: all of your API. */
  readonly scope?: string
}

/**
 * What the app of a test gets from `/token` (RFC 6749 §5.1).
 *
 * @see docs/guides/testing-your-api.md
 */
export interface TestLoginAnswer {
  readonly access_token: string
  readonly token_type: string
  /** Seconds. */
  readonly expires_in: number
  readonly refresh_token?: string
  readonly scope?: string
}

/**
 * An issuer in memory.
 *
 * @see docs/guides/testing-your-api.md
 */
export interface TestIssuer {
  /** What your API hands to `createVerifier`, or to a `resourceServer`: it then opens tokens without any request. */
  readonly verifier: {
    readonly issuer: string
    readonly resource: string
    readonly keys: string
    /** The clock of the test, Unix seconds. */
    readonly now: () => number
    /** Asks the issuer in memory: the list of revocations comes from it. */
    readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
  }
  /** What a verifier is told to ask for revocations: `{ ...test.verifier, revocations: test.revocations }`. */
  readonly revocations: { readonly url: string }
  /** The keys of your API alone, as `bulla keys export` prints them. */
  readonly keys: string
  /** Returns its time, Unix seconds. */
  now(): number
  /** Moves its clock, and that of `verifier`, on by so many seconds. */
  advance(seconds: number): void
  /** Asks it by HTTP, without a network. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Seals an access token. */
  token(options?: TestTokenOptions): Promise<string>
  /** Tokens that your API must refuse. */
  readonly refused: RefusedTokens
  /** Logs a person in at an app, by the code flow with PKCE (RFC 7636): all of it is asked of the issuer itself. */
  login(login?: TestLogin): Promise<TestLoginAnswer>
}
