/**
 * Login at your own page: the browser is sent there with the sealed transaction, and comes back with a short JWT, signed
 * by your application, that says who logged in.
 *
 * @module
 */

import { checkBoolean, checkMembers } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { checkRemoteUrl, privateHostOf } from '../protocol/remote_url.ts'
import { CLOCK_TOLERANCE, openAssertion } from '../token/assertion.ts'
import type { Authenticate, Person, Transaction } from './authenticate.ts'
import { checkNoError, readLoginAnswer } from './login_answer.ts'
import { askLogin, nonceOf, readPerson } from './person.ts'

/** What is to be known of your application. */
export interface OwnPageOptions {
  /**
   * The page that logs people in. It gets `state`, `nonce`, `client_name`, and where they apply `prompt`, `max_age`,
   * `login_hint`, `acr_values`, `ui_locales`. Nothing of these is signed: anybody can send a person there with what they like.
   */
  readonly url: string
  /** What your application calls itself: the `iss` of its JWTs. */
  readonly issuer: string
  /** Its public keys as a JWK Set (RFC 7517 §5), each with `alg`: ES256, Ed25519, EdDSA, PS256 or RS256. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** Whether the page may be on this very machine, by http. Default false. */
  readonly isLoopbackAllowed?: boolean
  /** Whether its host need not be a public one. Default false. */
  readonly isPrivateHostAllowed?: boolean
}

const OPTIONS: Readonly<Record<keyof OwnPageOptions, true>> = {
  url: true,
  issuer: true,
  jwks: true,
  isLoopbackAllowed: true,
  isPrivateHostAllowed: true,
}

const ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256']

/** Seconds that a JWT may be old. */
const LONGEST_LIFE = 300

/** Checks that there are public keys alone, each with the one algorithm that it is for. */
function checkKeys(jwks: unknown): void {
  checkMembers('LOGIN.jwks', jwks, ['keys'])
  const { keys } = jwks
  if (!Array.isArray(keys) || keys.length === 0) throw new TypeError('"LOGIN.jwks" expected a JWK Set')
  if (keys.some((key) => !ALGORITHMS.includes(String(key?.alg)) || key.kty === 'oct' || key.d !== undefined))
    throw new RangeError(`"LOGIN.jwks" expected public keys, each with "alg": ${ALGORITHMS.join(', ')}`)
}

/**
 * Returns a login at your own page.
 *
 * The page answers by sending the browser to `<this issuer>/login/callback`, and among several ways to log in to its own
 * `/login/callback/<name>`, which it knows by its own configuration and never from the request, with `state` as it came and
 * `login`, a JWT with `typ: login+jwt` and the claims `iss aud sub iat exp nonce`: `aud` is the URL of this issuer, `nonce` as
 * it came, `exp` at most 5 minutes after `iat`. It may add `auth_time acr amr name`; without `auth_time` it meets no request that came with `max_age`. For somebody who goes
 * away it sends `error=access_denied` in place of `login`, and the client is told.
 *
 * @throws {TypeError | RangeError} when an option is missing, unknown or of a wrong type
 * @example
 * import { readFileSync } from 'node:fs'
 * import { ownLoginPage } from 'bulla'
 *
 * const jwks = JSON.parse(readFileSync('login-jwks.json', 'utf8'))
 * const authenticate = ownLoginPage({ url: 'https://example.com/login', issuer: 'https://example.com', jwks })
 */
export function ownLoginPage(options: OwnPageOptions): Authenticate {
  checkMembers('ownLoginPage', options as unknown)
  const { url, issuer, jwks, isLoopbackAllowed = false, isPrivateHostAllowed = false } = options
  const privateHost = privateHostOf(url, isPrivateHostAllowed)
  readAll({
    members: () => checkMembers('ownLoginPage', options as unknown, Object.keys(OPTIONS)),
    isLoopbackAllowed: () => checkBoolean('LOGIN.isLoopbackAllowed', isLoopbackAllowed),
    privateHost: () => checkBoolean('LOGIN.private_host', isPrivateHostAllowed),
    url: () => checkRemoteUrl('LOGIN.url', url, isLoopbackAllowed, privateHost),
    issuer() {
      if (typeof issuer !== 'string' || issuer === '') throw new TypeError('"LOGIN.issuer" expected a text')
    },
    jwks: () => checkKeys(jwks),
  })
  const algorithms = jwks.keys.map((key) => String(key['alg']))

  function begin(transaction: Transaction): Response {
    const { state, clientName } = transaction
    const location = addParameters(url, {
      state,
      nonce: nonceOf(transaction),
      client_name: clientName,
      ...askLogin(transaction),
    })
    return new Response(null, { status: 303, headers: { Location: location } })
  }

  async function finish(request: Request, transaction: Transaction): Promise<Person> {
    const parameters = readLoginAnswer(new URL(request.url).search)
    parameters.checkOnce()
    checkNoError(parameters)
    const login = parameters.get('login')
    if (login === undefined) throw refusal('login_failed', 'provider_answer', 'the answer has no login')
    const { now } = transaction
    const audience = transaction.issuer
    const rules = {
      issuer,
      audience,
      algorithms,
      required: ['sub', 'nonce'],
      typ: 'login+jwt',
      now,
      clockTolerance: CLOCK_TOLERANCE,
      longestLife: LONGEST_LIFE,
    }
    try {
      return readPerson(await openAssertion(login, jwks, rules), transaction)
    } catch (cause) {
      throw cause instanceof TokenError
        ? refusal('login_failed', 'provider_answer', `the login is not good: ${cause.code}`, { cause })
        : cause
    }
  }

  return async (request, transaction) =>
    transaction.step === 'begin' ? begin(transaction) : finish(request, transaction)
}
