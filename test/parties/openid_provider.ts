/**
 * An issuer that is an OpenID provider, a client of it, and a person of whom it knows something.
 *
 * @module
 */

import { createRing, type Ring, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type IssuerSettings } from '../../src/index.ts'
import type { Person } from '../../src/login/authenticate.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import type { ClientSettings } from '../../src/registration/clients/client_registration.ts'
import { API, basic, ISSUER, NOW, secretHash, testKey, VARS } from '../fixtures.ts'
import { RING_RSA } from './partner.ts'
import { type Browser, type Changes, createBrowser, formOf, goesTo, hiddenField, VERIFIER } from './person.ts'

/** What the login tells of alice. */
export const ALICE = {
  name: 'Alice Liddell',
  given_name: 'Alice',
  family_name: 'Liddell',
  preferred_username: 'alice',
  picture: 'https://people.example/alice.png',
  locale: 'en-GB',
  updated_at: 1_790_000_000,
  email: 'alice@people.example',
  email_verified: true,
  phone_number: '+44 1865 276150',
  phone_number_verified: false,
  address: { locality: 'Oxford', country: 'GB' },
} as const

/** The ring of every provider here. */
export const PROVIDER_RING: Ring = createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })

/** The secret of the relying party below. */
export const RP_SECRET = 'rp-secret'

/** Where it is answered. */
export const RP_CALLBACK = 'https://rp.example/cb'

/** A relying party that proves itself, and may ask for everything. */
export const RP: ClientSettings = {
  secret_hash: secretHash(RP_SECRET),
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [RP_CALLBACK],
  scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
}

/** The members of a token answer of an OpenID provider. */
export interface OpenidAnswer {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly token_type: string
  readonly scope: string
  readonly error?: string
}

/** A provider, and what is on its other side. */
export interface Provider {
  ask(request: Request): Promise<Response>
  readonly browser: Browser
  /** Goes to the authorization endpoint, says yes where that is asked, and returns where the browser ends up. */
  authorize(changes?: Changes): Promise<URL>
  /** Redeems a code, or what else is asked of the token endpoint. */
  token(form: Changes, client?: string): Promise<OpenidAnswer>
  /** Goes through all of it. */
  login(changes?: Changes): Promise<OpenidAnswer>
  /** Asks who logged in. */
  userinfo(accessToken: string, init?: RequestInit): Promise<Response>
}

/** What is special about a provider. */
export interface ProviderChanges extends Partial<IssuerSettings> {
  /** Who logs in. Default: alice. */
  readonly person?: Partial<Person>
  /** What the relying party `rp` has otherwise. */
  readonly rp?: ClientSettings
  /** What the relying party is called. Default `rp`. */
  readonly rpId?: string
}

/** Returns the claims of an ID token; its signature is not looked at. */
export function claimsOf(jwt = ''): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}

/** Returns a provider at `NOW`. */
export function createProvider({ person = {}, rp = {}, rpId = 'rp', ...changes }: ProviderChanges = {}): Provider {
  const now = changes.now ?? (() => NOW)
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(PROVIDER_RING),
    resources: { [API]: VARS.RESOURCES[API] },
    openid: {},
    guard: createMemoryGuard(now),
    authenticate: async () => ({ sub: 'alice', auth_time: now(), claims: ALICE, ...person }),
    log: () => {},
    now,
    ...changes,
    clients: { [rpId]: { ...RP, ...rp }, ...changes.clients },
  })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const browser = createBrowser(ask)

  async function authorize(asked: Changes = {}): Promise<URL> {
    const form = formOf({
      response_type: 'code',
      client_id: 'rp',
      redirect_uri: RP_CALLBACK,
      scope: 'openid profile email',
      state: 'xyz',
      nonce: 'n-0S6',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
      ...asked,
    })
    let response = await browser.get(`${ISSUER}/authorize?${form}`)
    while (response.status === 303 && (response.headers.get('location') ?? '').startsWith(ISSUER))
      response = await browser.get(response.headers.get('location') ?? '')
    if (response.status === 303) return new URL(response.headers.get('location') ?? '')
    const page = await response.text()
    const consent = hiddenField(page, 'consent')
    if (consent === '') return new URL(goesTo(page) || `page:${response.status}`)
    const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    return new URL(goesTo(await answered.text()) || `page:${answered.status}`)
  }

  async function token(form: Changes, client = 'rp'): Promise<OpenidAnswer> {
    const headers = {
      authorization: basic(client, RP_SECRET),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const response = await ask(
      new Request(`${ISSUER}/token`, { method: 'POST', headers, body: formOf(form).toString() }),
    )
    return (await response.json()) as OpenidAnswer
  }

  return {
    ask,
    browser,
    authorize,
    token,
    async login(asked) {
      const code = (await authorize(asked)).searchParams.get('code') ?? ''
      return token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }, asked?.['client_id'])
    },
    userinfo: (accessToken, init = {}) =>
      ask(
        new Request(`${ISSUER}/userinfo`, {
          ...init,
          headers: { authorization: `Bearer ${accessToken}`, ...init.headers },
        }),
      ),
  }
}
