/**
 * An issuer that lets clients in that nobody configured, a client that registers at it, and a person.
 *
 * @module
 */

import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type IssuerSettings } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import type { RegistrationSettings } from '../../src/registration/walk_in/walk_in_registration.ts'
import { API, ISSUER, NOW, testKey, VARS } from '../fixtures.ts'
import { type Browser, type Changes, createBrowser, formOf, goesTo, hiddenField, VERIFIER } from './person.ts'

/** Registration keys of tests: the first makes ids. */
export const REGISTRATION_KEYS = [
  'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k',
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
] as const

/** Where the client is answered. */
export const CALLBACK = 'http://127.0.0.1:33418/callback'

/** What the client registers: what MCP's own SDK sends. */
export const METADATA: Readonly<Record<string, unknown>> = {
  client_name: 'MCP CLI',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

/** What a client is told that registers. */
export interface Registered {
  readonly client_id: string
  readonly client_secret?: string
  readonly error?: string
  readonly [member: string]: unknown
}

/** What is special about an issuer. */
export interface WalkInChanges extends Omit<Partial<IssuerSettings>, 'registration'> {
  readonly registration?: Partial<RegistrationSettings>
}

/** An issuer, and what is on its other side. */
export interface WalkInIssuer {
  ask(request: Request): Promise<Response>
  readonly browser: Browser
  /** Registers; what is `undefined` is left out. */
  register(changes?: Readonly<Record<string, unknown>>): Promise<Registered>
  /** Asks at the authorization endpoint as a registered client, logs in, and returns the last response: a question, an error, a way back. */
  question(client: Registered, changes?: Changes): Promise<Response>
  /** Answers the question, and returns where the browser goes. */
  authorize(client: Registered, changes?: Changes, decision?: string): Promise<URL>
  /** Asks at the token endpoint, the client proved in the form. */
  token(client: Registered, form: Changes): Promise<Response>
}

/** Returns an issuer at `NOW` at which strangers may have `read` and `write` of one API. */
export function createWalkInIssuer({ registration = {}, ...changes }: WalkInChanges = {}): WalkInIssuer {
  const now = changes.now ?? (() => NOW)
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(createRing({ now: NOW, key: testKey() })),
    resources: { [API]: VARS.RESOURCES[API] },
    clients: {},
    guard: createMemoryGuard(now, { single: true }),
    authenticate: async () => ({ sub: 'alice', auth_time: now() }),
    log: () => {},
    now,
    registrationKeys: REGISTRATION_KEYS[0],
    ...changes,
    registration: { resources: [API], scopes: ['read', 'write'], ...registration },
  })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const browser = createBrowser(ask)

  async function question({ client_id }: Registered, asked: Changes = {}): Promise<Response> {
    const form = formOf({
      response_type: 'code',
      client_id,
      redirect_uri: CALLBACK,
      scope: 'read',
      state: 'xyz',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
      ...asked,
    })
    let response = await browser.get(`${ISSUER}/authorize?${form}`)
    while (response.status === 303 && (response.headers.get('location') ?? '').startsWith(ISSUER))
      response = await browser.get(response.headers.get('location') ?? '')
    return response
  }

  return {
    ask,
    browser,
    question,
    async register(metadata = {}) {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ ...METADATA, ...metadata })
      return (
        await ask(new Request(`${ISSUER}/register`, { method: 'POST', headers, body }))
      ).json() as Promise<Registered>
    },
    async authorize(client, asked, decision = 'allow') {
      const response = await question(client, asked)
      const consent = hiddenField(await response.text(), 'consent')
      if (consent === '') return new URL(response.headers.get('location') ?? `page:${response.status}`)
      const answered = await browser.post(`${ISSUER}/consent`, { consent, decision })
      return new URL(goesTo(await answered.text()) || `page:${answered.status}`)
    },
    token({ client_id, client_secret }, form) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = formOf({ client_id, client_secret, ...form }).toString()
      return ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))
    },
  }
}
