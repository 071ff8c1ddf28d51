/**
 * An issuer with several providers, an API for each that acts there for the person, another API that is handed nothing, an app with a
 * secret, apps that register, and persons who go all the way. The providers are on the network; the issuer is not. It is two machines, which take turns.
 *
 * @module
 */

import { createRing, exportKeys, type Ring, writeKeys, writeRing } from '../../../keys/index.ts'
import {
  type Bindings,
  createIssuer,
  createMemoryGuard,
  type Issuer,
  type IssuerSettings,
  type LogEntry,
  readBindings,
} from '../../../src/index.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { basic, secretHash, testKey } from '../../fixtures.ts'
import { authorizeUrl, type Changes, type FullAnswer, formOf, VERIFIER } from '../person.ts'
import { type Arrival, createVisitor, type Visitor } from '../visitor.ts'
import { REGISTRATION_KEYS } from '../walk_in.ts'
import { CLIENT_SECRET, type ProviderParty } from './provider_party.ts'

/** The issuer, which nothing listens for: it is asked in this very process. */
export const HOUSE = 'http://localhost:4410'

/** Where apps are answered. */
export const APP_CALLBACK = 'http://127.0.0.1:4999/callback'

/** An API that is handed nothing. */
export const OTHER_API = 'https://other.example'

/** The secret of the app. */
export const APP_SECRET = 'app-secret'

/** Returns the API that is handed the token of a provider. */
export function apiOf(provider: string): string {
  return `https://${provider}.api.example`
}

/** Who asks: the app with a secret, or one that registered, by its id. */
export type Asker = 'app' | { readonly client_id: string }

/** What an API answers. */
export interface ApiAnswer {
  /** Whom the token is of, as we call the person. */
  readonly sub: string
  /** For whom the API acted at the provider, as that calls the person; `undefined` where the provider refused it. */
  readonly actedFor: string | undefined
}

/** What is asked of an API. */
export interface ApiRequest {
  readonly issuer: string
  readonly ring: Ring
  readonly resource: string
  /** The provider at which it acts. */
  readonly party: ProviderParty | undefined
  readonly accessToken: string
  /** Unix seconds. */
  readonly now: number
}

/** Asks an API, which opens the token and asks its provider with what is inside; `undefined` where the token is none of its own. */
export async function askApi(request: ApiRequest): Promise<ApiAnswer | undefined> {
  const { issuer, ring, resource, party, accessToken, now } = request
  const keys = writeKeys(exportKeys(ring, { issuer, resource, now }))
  const verifier = createVerifier({ issuer, resource, keys, now: () => now, onProblem: () => {} })
  const result = await verifier.verify(accessToken)
  if (!result.ok) return undefined
  const { sub, providerToken } = result.entitlement
  return { sub, actedFor: providerToken === undefined ? undefined : await party?.actsFor(providerToken) }
}

/** An issuer, and what is on its other sides. */
export interface House {
  readonly parties: Readonly<Record<string, ProviderParty>>
  readonly settings: IssuerSettings
  readonly log: readonly LogEntry[]
  /** All that the issuer answered to anybody: heads and bodies. */
  readonly heard: readonly string[]
  ask(request: Request): Promise<Response>
  /** Returns a person with a browser of their own, who is called so at every provider, and follows links with such words. */
  person(name?: string, follows?: RegExp): Visitor
  /** Registers an app. */
  register(): Promise<{ readonly client_id: string }>
  /** Goes to the issuer, logs in where that is asked and says yes; returns where the person ends up. */
  authorize(person: Visitor, changes: Changes, asker?: Asker): Promise<Arrival>
  token(form: Changes, asker?: Asker): Promise<Response>
  /** Goes all the way for the API of a provider. */
  login(provider: string, person?: Visitor, asker?: Asker): Promise<FullAnswer>
  refresh(refreshToken: string | undefined, asker?: Asker, changes?: Changes): Promise<Response>
  /** Asks the API of a provider, or the other one. */
  api(provider: string, accessToken: string): Promise<ApiAnswer | undefined>
}

/** What is special about a house. */
export interface HouseOptions {
  /** The providers by what the settings call them. */
  readonly parties: Readonly<Record<string, ProviderParty>>
  /** What the settings say of a provider otherwise, or of one more, whose token no API is handed. */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** What the API of a provider needs of it. Default: what the login asks for. */
  readonly scopes?: Readonly<Record<string, string>>
  /** Members of the resources, by the provider. */
  readonly resources?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly changes?: Partial<IssuerSettings>
  /** Unix seconds. Default: the machine's. */
  readonly now?: () => number
}

/** Returns a house. */
export function createHouse(options: HouseOptions): House {
  const { parties, tables = {}, scopes = {}, resources = {}, changes = {} } = options
  const { now = () => Math.floor(Date.now() / 1000) } = options
  const names = Object.keys(parties)
  const ring = createRing({ now: now() - 60, key: testKey() })
  const log: LogEntry[] = []
  const heard: string[] = []
  const uris = [...names.map(apiOf), OTHER_API]
  const handed = names.map((name) => {
    const scope = scopes[name] === undefined ? {} : { provider_scope: scopes[name] }
    return [apiOf(name), { scopes: ['read'], provider_token: name, ...scope, ...resources[name] }] as const
  })
  const secrets = names.map((name) => [`LOGIN_CLIENT_SECRET_${name.toUpperCase()}`, CLIENT_SECRET] as const)
  const bindings = {
    ISSUER: HOUSE,
    KEY_RING: writeRing(ring),
    RESOURCES: Object.fromEntries([...handed, [OTHER_API, { scopes: ['mail'] }]]),
    CLIENTS: {
      app: {
        secret_hash: secretHash(APP_SECRET),
        client_name: 'The app',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [APP_CALLBACK],
        resources: uris,
        scopes: ['read', 'mail'],
      },
    },
    LOGIN: Object.fromEntries(
      [...names, ...Object.keys(tables)].map((name) => [name, { ...parties[name]?.table, ...tables[name] }]),
    ),
    REGISTRATION: { resources: uris, scopes: ['read', 'mail'] },
    REGISTRATION_KEYS: REGISTRATION_KEYS[0],
    ...Object.fromEntries(secrets),
  }
  const settings: IssuerSettings = {
    ...readBindings(bindings as Bindings),
    guard: createMemoryGuard(now),
    log: (entry) => log.push(entry),
    now,
    ...changes,
  }
  const machines = [createIssuer(settings), createIssuer(settings)]
  let turn = 0

  async function ask(request: Request): Promise<Response> {
    const response = await (machines[turn++ % machines.length] as Issuer).fetch(request)
    const body = await response.clone().text()
    heard.push([request.url, response.status, ...[...response.headers].map((pair) => pair.join(': ')), body].join('\n'))
    return response
  }
  const askAnybody = (request: Request): Promise<Response> =>
    request.url.startsWith(`${HOUSE}/`) ? ask(request) : fetch(request)

  async function authorize(person: Visitor, asked: Changes, asker: Asker = 'app'): Promise<Arrival> {
    const client_id = asker === 'app' ? asker : asker.client_id
    const url = authorizeUrl({ client_id, redirect_uri: APP_CALLBACK, ...asked }, HOUSE)
    return person.visit(url, (next) => (next.href.startsWith(APP_CALLBACK) ? undefined : next))
  }

  function token(form: Changes, asker: Asker = 'app'): Promise<Response> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const proof = asker === 'app' ? { authorization: basic('app', APP_SECRET) } : {}
    const body = formOf({ ...(asker === 'app' ? {} : { client_id: asker.client_id }), ...form }).toString()
    return ask(new Request(`${HOUSE}/token`, { method: 'POST', headers: { ...headers, ...proof }, body }))
  }

  return {
    parties,
    settings,
    log,
    heard,
    ask,
    person: (name = 'alice', follows) =>
      createVisitor({ name, ask: askAnybody, ...(follows === undefined ? {} : { follows }) }),
    async register() {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({
        client_name: 'MCP CLI',
        redirect_uris: [APP_CALLBACK],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      })
      const response = await ask(new Request(`${HOUSE}/register`, { method: 'POST', headers, body }))
      return response.json() as Promise<{ client_id: string }>
    },
    authorize,
    token,
    async login(provider, person = createVisitor({ ask: askAnybody }), asker) {
      const { url, text } = await authorize(person, { resource: apiOf(provider) }, asker)
      const code = url.searchParams.get('code')
      if (code === null) throw new Error(`no code at ${url.href}: ${text} ${JSON.stringify(log.at(-1))}`)
      const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: APP_CALLBACK }
      return (await token(form, asker)).json() as Promise<FullAnswer>
    },
    refresh: (refresh_token, asker, more = {}) => token({ grant_type: 'refresh_token', refresh_token, ...more }, asker),
    api: (provider, accessToken) =>
      askApi({
        issuer: HOUSE,
        ring,
        resource: provider === 'other' ? OTHER_API : apiOf(provider),
        party: parties[provider],
        accessToken,
        now: now(),
      }),
  }
}
