/**
 * Two issuers of one URL, ring, guard and list: one made an artefact, the other is to take it; and what both are asked.
 *
 * @module
 */

import { expect } from 'vitest'
import type { Ring } from '../../keys/index.ts'
import { API, API2, basic, ISSUER, PARTNER, PARTNER_KEY, SIGNED, testKey } from '../fixtures.ts'
import { type Ask, createBrowser, createPerson, type FullAnswer, formOf, VERIFIER } from '../parties/person.ts'
import { KNOWN, type Variables } from './known_settings.ts'
import type { RunningStore } from './stores.ts'
import { OWN, type Version } from './versions.ts'

/** An issuer, and which version it is. */
export interface Side {
  readonly version: Version
  readonly ask: Ask
}

/** Two issuers. */
export interface Pair {
  readonly maker: Side
  readonly taker: Side
  readonly ring: string
  /** Returns Unix seconds. */
  at(): number
  wait(seconds: number): void
  close(): Promise<void>
}

/** Reads a ring by a version's rules. */
export function ringOf({ keys }: Version, text: string): Ring {
  const read = keys.readRing(text)
  if (!read.ok) throw new Error('the ring is none')
  return read.ring
}

/** Returns the noon of tomorrow, in Unix seconds: no store's clock is further, and no date is near. */
export function begins(): number {
  return (Math.floor(Date.now() / 86_400_000) + 1.5) * 86_400
}

/** Settings of a side beside those that all know. Default: none. */
export interface More {
  readonly maker?: Variables
  readonly taker?: Variables
}

/** Starts two issuers on a store; the ring is the maker's. */
export async function createPair(
  store: RunningStore,
  [made, taking]: readonly [Version, Version],
  more: More = {},
): Promise<Pair> {
  let now = begins()
  const at = (): number => now
  const ring = made.keys.writeRing(made.keys.createRing({ now: now - 600, key: testKey() }))
  const shared = await store.begin(at)
  const create = async (version: Version, others: Variables = {}): Promise<Side> => ({
    version,
    // Events are this version's own, and would be lines here; 0.1.0 passes such a variable over.
    ask: await shared.issuer(version, { ...KNOWN, KEY_RING: ring, EVENTS: 'none', ...others }),
  })
  return {
    maker: await create(made, more.maker),
    taker: await create(taking, more.taker),
    ring,
    at,
    wait: (seconds) => {
      now += seconds
    },
    close: shared.close,
  }
}

/** Asks one of the pair; which one can change between two steps of a person. */
export function switching({ maker, taker }: Pair) {
  let side = maker
  const ask: Ask = (request) => side.ask(request)
  return {
    ask,
    toTaker: () => {
      side = taker
    },
    toMaker: () => {
      side = maker
    },
  }
}

/** Returns the request of a client that has a secret, or of one without. */
export function formTo(path: string, form: Readonly<Record<string, string>>, client?: string): Request {
  return new Request(`${ISSUER}/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client === undefined ? {} : { authorization: basic(client, `${client}-secret`) }),
    },
    body: formOf(form).toString(),
  })
}

export const post = async ({ ask }: Pick<Side, 'ask'>, ...request: Parameters<typeof formTo>): Promise<Response> =>
  ask(formTo(...request))

/** Reads tokens that were given. */
export async function granted(
  response: Response | Promise<Response>,
): Promise<FullAnswer & { readonly refresh_token: string }> {
  const answer = await response
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.any(String)])
  return JSON.parse(text)
}

/** Reads why nothing was given. */
export async function refused(response: Response | Promise<Response>): Promise<readonly [number, string]> {
  const answer = await response
  const { error } = (await answer.json()) as { error: string }
  return [answer.status, error]
}

export const GONE = [400, 'invalid_grant'] as const

/** Returns an access token that a client has for itself. */
export async function mint(side: Side, resource: string, client = 'machine'): Promise<string> {
  return (await granted(post(side, 'token', { grant_type: 'client_credentials', resource }, client))).access_token
}

const asClient = (client: string): readonly [Readonly<Record<string, string>>, string?] =>
  client === 'web' || client === 'skipping' ? [{}, client] : [{ client_id: client }]

/** Redeems a code. */
export function redeem(
  side: Pick<Side, 'ask'>,
  code: string,
  client = 'pub',
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const [form, secret] = asClient(client)
  return post(
    side,
    'token',
    { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...form, ...more },
    secret,
  )
}

/** Shows a refresh token. */
export function refresh(
  side: Pick<Side, 'ask'>,
  refresh_token: string,
  client = 'pub',
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const [form, secret] = asClient(client)
  return post(side, 'token', { grant_type: 'refresh_token', refresh_token, ...form, ...more }, secret)
}

/** Asks what is left of a token. */
export async function introspect(
  side: Side,
  token: string,
): Promise<{ readonly active: boolean; readonly sub?: string }> {
  return (await post(side, 'introspect', { token }, 'server')).json() as Promise<{ active: boolean }>
}

/** Returns a code that a person let an app have at one of the pair. */
export async function approve(
  { at }: Pick<Pair, 'at'>,
  { ask }: Pick<Side, 'ask'>,
  changes: Readonly<Record<string, string | undefined>> = {},
  name = 'alice',
): Promise<string> {
  const end = await createPerson(ask, { now: at, name }).answer('allow', { resource: API, ...changes })
  return end.searchParams.get('code') ?? ''
}

/** Returns a browser that somebody logged in with at one of the pair. */
export async function logIn(
  { at }: Pick<Pair, 'at'>,
  { ask }: Pick<Side, 'ask'>,
  changes: Readonly<Record<string, string | undefined>> = {},
) {
  const person = createPerson(ask, { now: at })
  const page = await (await person.visit({ resource: API, ...changes })).text()
  return {
    cookies: person.browser.cookies,
    page,
    at: ({ ask: other }: Pick<Side, 'ask'>) => createBrowser(other, person.browser.cookies),
  }
}

/** Keys that a version exports from a ring, as `bulla keys export` prints them. */
export function exported({ keys }: Version, ring: string, resource: string, now: number): string {
  const enc = resource === API2 ? ('A256CBC-HS512' as const) : ('A256GCM' as const)
  return keys.writeKeys(keys.exportKeys(ringOf({ keys } as Version, ring), { issuer: ISSUER, resource, enc, now }))
}

/**
 * Returns a verifier of a version, with the list of revocations of an issuer.
 *
 * @param keys what was exported. Default: those that the issuer tells
 */
export function verifierOf(
  { at }: Pick<Pair, 'at'>,
  { verifier, name }: Version,
  { ask }: Pick<Side, 'ask'>,
  resource: string,
  keys?: string,
) {
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => ask(new Request(url, init))
  const common = { issuer: ISSUER, resource, fetch, now: at, revocations: { url: `${ISSUER}/revocations` } }
  const told = verifier.remoteKeys({
    url: `${ISSUER}/keys?resource=${encodeURIComponent(resource)}`,
    clientId: 'server',
    clientSecret: 'server-secret',
    fetch,
  })
  if (resource === PARTNER)
    return verifier.createVerifier({
      ...common,
      decryptionKeys: { keys: [PARTNER_KEY] },
      jwksUri: `${ISSUER}/jwks`,
      // What 0.1.0 did without: it knows no names of persons.
      revocations: name === OWN.name ? { ...common.revocations, keys: told } : common.revocations,
    } as never)
  return verifier.createVerifier({
    ...common,
    keys: keys ?? told,
    anonymous: resource === API2,
    ...(resource === SIGNED ? { jwksUri: `${ISSUER}/jwks` } : {}),
  })
}
