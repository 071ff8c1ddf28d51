import { beforeAll, describe, expect, it } from 'vitest'
import type { Ring } from '../../keys/index.ts'
import type { Guard, Issuer, IssuerSettings, Revocations } from '../../src/index.ts'
import { API, API2, basic, ISSUER, NOW, PARTNER, PARTNER_KEY, SIGNED, secretHash, testKey, VARS } from '../fixtures.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import {
  type Ask,
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  type FullAnswer,
  formOf,
  goesTo,
  hiddenField,
  signLogin,
  VERIFIER,
} from '../parties/person.ts'
import { OWN, unpack, type Version } from './versions.ts'

const SALT = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
const MARKED = 'https://marked.example'
const PAIRWISE = 'https://pairwise.example'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const secret = (name: string) => ({ secret_hash: secretHash(`${name}-secret`) })
const { d: _, ...PARTNER_PUBLIC } = PARTNER_KEY
const app = { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['https://app.example/cb'] }

/** What both versions know; nothing here may be newer than the oldest that is packed. */
const SETTINGS: Pick<IssuerSettings, 'resources' | 'clients' | 'authorizationDetailsTypes' | 'pairwiseSalt'> = {
  resources: {
    [API]: { scopes: ['read', 'write'] },
    [API2]: { scopes: ['read'], enc: 'A256CBC-HS512', anonymous: true },
    [PARTNER]: { scopes: ['read'], envelope: 'nested', jwks: { keys: [PARTNER_PUBLIC] } },
    [SIGNED]: { scopes: ['read'], envelope: 'nested', encryption_alg: 'dir' },
    [MARKED]: { scopes: ['read'], exchange: true },
    [PAIRWISE]: { scopes: ['read'], subject_type: 'pairwise' },
  },
  clients: {
    pub: { ...app, resources: [API, MARKED, PAIRWISE], scopes: ['read', 'write'] },
    web: { ...app, ...secret('web'), resources: [API, PAIRWISE], scopes: ['read', 'write'] },
    machine: {
      ...secret('machine'),
      grant_types: ['client_credentials'],
      resources: [API, API2, PARTNER, SIGNED, MARKED],
      scopes: ['read'],
    },
    anon: {
      ...secret('anon'),
      grant_types: ['client_credentials'],
      resources: [API2],
      scopes: ['read'],
      anonymous: true,
    },
    gateway: {
      ...secret('gateway'),
      grant_types: [EXCHANGE],
      resources: [API, MARKED],
      scopes: ['read'],
      exchange: [{ from: [MARKED], to: [API], scopes: ['read'], impersonation: true }],
    },
    server: { ...secret('server'), kind: 'resource_server', resources: [API, API2, SIGNED, MARKED, PAIRWISE] },
    operator: { ...secret('operator'), kind: 'operator' },
  },
  pairwiseSalt: SALT,
}

/** Reads a ring by a version's rules. */
function ringOf({ keys }: Version, text: string): Ring {
  const read = keys.readRing(text)
  if (!read.ok) throw new Error('the ring is none')
  return read.ring
}

/** Two issuers of one URL, ring, guard and list: one made an artefact, the other is to take it. */
interface Pair {
  readonly maker: Issuer
  readonly taker: Issuer
  /** The version that takes. */
  readonly version: Version
  readonly ring: string
  at(): number
  wait(seconds: number): void
}

/** Asks one of the pair; which one can change between two steps of a person. */
function switching(pair: Pair) {
  let isTaken = false
  const ask: Ask = (request) => (isTaken ? pair.taker : pair.maker).fetch(request)
  return { ask, toTaker: () => (isTaken = true), toMaker: () => (isTaken = false) }
}

const post = (issuer: Issuer, path: string, form: Record<string, string>, client?: string) =>
  issuer.fetch(
    new Request(`${ISSUER}/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(client === undefined ? {} : { authorization: basic(client, `${client}-secret`) }),
      },
      body: formOf(form).toString(),
    }),
  )

async function granted(
  response: Response | Promise<Response>,
): Promise<FullAnswer & { readonly refresh_token: string }> {
  const answer = await response
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.any(String)])
  return JSON.parse(text)
}
const mint = async (issuer: Issuer, resource: string, client = 'machine'): Promise<string> =>
  (await granted(post(issuer, 'token', { grant_type: 'client_credentials', resource }, client))).access_token
const redeem = (issuer: Issuer, code: string, client = 'pub') =>
  post(
    issuer,
    'token',
    {
      grant_type: 'authorization_code',
      code,
      code_verifier: VERIFIER,
      ...(client === 'pub' ? { client_id: 'pub' } : {}),
    },
    client === 'pub' ? undefined : client,
  )
const refresh = (issuer: Issuer, refresh_token: string, client = 'pub') =>
  post(
    issuer,
    'token',
    { grant_type: 'refresh_token', refresh_token, ...(client === 'pub' ? { client_id: 'pub' } : {}) },
    client === 'pub' ? undefined : client,
  )
const introspect = async (
  issuer: Issuer,
  token: string,
): Promise<{ readonly active: boolean; readonly sub?: string }> =>
  (await post(issuer, 'introspect', { token }, 'server')).json() as Promise<{ active: boolean }>

/** Returns a code that a person let an app have at the maker. */
async function approve(pair: Pair, changes: Record<string, string> = {}): Promise<string> {
  const person = createPerson((request) => pair.maker.fetch(request), { now: pair.at })
  const end = await person.answer('allow', { resource: API, ...changes })
  return end.searchParams.get('code') ?? ''
}

/** Returns a verifier of the version that takes, with keys and revocations of the issuer that takes. */
function verifierOf(pair: Pair, resource: string, isRemote: boolean) {
  const { taker, version, ring, at } = pair
  const fetch = async (url: string, init?: RequestInit) => taker.fetch(new Request(url, init))
  const common = { issuer: ISSUER, resource, fetch, now: at, revocations: { url: `${ISSUER}/revocations` } }
  const enc = resource === API2 ? ('A256CBC-HS512' as const) : ('A256GCM' as const)
  const keys =
    isRemote || resource === PARTNER
      ? version.verifier.remoteKeys({
          url: `${ISSUER}/keys?resource=${encodeURIComponent(resource)}`,
          clientId: 'server',
          clientSecret: 'server-secret',
          fetch,
        })
      : OWN.keys.writeKeys(OWN.keys.exportKeys(ringOf(OWN, ring), { issuer: ISSUER, resource, enc, now: at() }))
  if (resource === PARTNER)
    return version.verifier.createVerifier({
      ...common,
      decryptionKeys: { keys: [PARTNER_KEY] },
      jwksUri: `${ISSUER}/jwks`,
      // What 0.1.0 did without: it knows no names of persons.
      revocations: version === OWN ? { ...common.revocations, keys } : common.revocations,
    } as never)
  return version.verifier.createVerifier({
    ...common,
    keys,
    anonymous: resource === API2,
    ...(resource === SIGNED ? { jwksUri: `${ISSUER}/jwks` } : {}),
  })
}

/** What one made, and the other takes. */
const ARTEFACTS: readonly (readonly [string, (pair: Pair) => Promise<void>])[] = [
  ...[API, API2, PARTNER, SIGNED, MARKED].map(
    (resource) =>
      [
        `an access token for ${resource}, at a resource server and at introspection`,
        async (pair: Pair) => {
          const token = await mint(pair.maker, resource)
          for (const isRemote of resource === PARTNER ? [false] : [false, true])
            expect(await verifierOf(pair, resource, isRemote).verify(token)).toMatchObject({ ok: true })
          if (resource !== PARTNER) expect(await introspect(pair.taker, token)).toMatchObject({ active: true })
        },
      ] as const,
  ),
  [
    'an anonymous token',
    async (pair) => {
      const token = await mint(pair.maker, API2, 'anon')
      expect(await verifierOf(pair, API2, true).verify(token)).toMatchObject({ ok: true })
    },
  ],
  [
    'a code, once, wherever it is tried again',
    async (pair) => {
      const code = await approve(pair)
      const { access_token } = await granted(redeem(pair.taker, code))
      expect((await redeem(pair.maker, code)).status).toBe(400)
      expect((await introspect(pair.maker, access_token)).active).toBe(false)
    },
  ],
  [
    'refresh tokens that rotate, to and fro, until an old one comes back',
    async (pair) => {
      const first = await granted(redeem(pair.maker, await approve(pair)))
      const second = await granted(refresh(pair.taker, first.refresh_token))
      await granted(refresh(pair.maker, first.refresh_token))
      const third = await granted(refresh(pair.maker, second.refresh_token))
      await granted(refresh(pair.taker, third.refresh_token))
      pair.wait(31)
      expect((await refresh(pair.taker, first.refresh_token)).status).toBe(400)
      for (const issuer of [pair.maker, pair.taker])
        expect((await refresh(issuer, third.refresh_token)).status).toBe(400)
    },
  ],
  [
    'the refresh token of a client with a secret',
    async (pair) => {
      const { refresh_token } = await granted(redeem(pair.maker, await approve(pair, { client_id: 'web' }), 'web'))
      await granted(refresh(pair.taker, refresh_token, 'web'))
    },
  ],
  [
    'a nonce, and a refresh token that is bound to a key',
    async (pair) => {
      const code = await approve(pair)
      const prover = await createProver()
      const { ask, toTaker } = switching(pair)
      const proving = withProofs(ask, prover, pair.at)
      const send = (form: Record<string, string>) =>
        proving(
          new Request(`${ISSUER}/token`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: formOf({ client_id: 'pub', ...form }).toString(),
          }),
        )
      const bound = await granted(send({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }))
      expect(bound.token_type).toBe('DPoP')
      toTaker()
      await granted(send({ grant_type: 'refresh_token', refresh_token: bound.refresh_token }))
      expect((await refresh(pair.taker, bound.refresh_token)).status).toBe(400)
    },
  ],
  [
    'a refresh family that moves into a key, and ends when an old refresh token comes back',
    async (pair) => {
      const prover = await createProver()
      const old = await granted(redeem(pair.maker, await approve(pair)))
      const { ask, toTaker, toMaker } = switching(pair)
      const proving = withProofs(ask, prover, pair.at)
      const renew = (refresh_token: string) =>
        proving(
          new Request(`${ISSUER}/token`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: formOf({ client_id: 'pub', grant_type: 'refresh_token', refresh_token }).toString(),
          }),
        )
      toTaker()
      const bound = await granted(renew(old.refresh_token))
      expect(bound.token_type).toBe('DPoP')
      for (const turn of [toMaker, toTaker]) {
        turn()
        await granted(renew(bound.refresh_token))
      }
      pair.wait(31)
      expect((await refresh(pair.maker, old.refresh_token)).status).toBe(400)
      for (const turn of [toMaker, toTaker]) {
        turn()
        expect((await renew(bound.refresh_token)).status).toBe(400)
      }
    },
  ],
  [
    'a token with a mark, for another',
    async (pair) => {
      const { access_token } = await granted(redeem(pair.maker, await approve(pair, { resource: MARKED })))
      const form = {
        grant_type: EXCHANGE,
        subject_token: access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: API,
      }
      await granted(post(pair.taker, 'token', form, 'gateway'))
    },
  ],
  [
    'a pushed request',
    async (pair) => {
      const pushed = await post(
        pair.maker,
        'par',
        Object.fromEntries(
          new URL(authorizeUrl({ client_id: 'web', redirect_uri: 'https://app.example/cb', resource: API }))
            .searchParams,
        ),
        'web',
      )
      const { request_uri } = (await pushed.json()) as { request_uri: string }
      const person = createPerson((request) => pair.taker.fetch(request), { now: pair.at })
      const url = `${ISSUER}/authorize?${formOf({ client_id: 'web', request_uri })}`
      const begun = await person.browser.get(url)
      const back = await person.browser.get(
        await signLogin(begun.headers.get('location') ?? '', 'alice', { now: pair.at() }),
      )
      const consent = await person.browser.get(back.headers.get('location') ?? '')
      expect(hiddenField(await consent.text(), 'consent')).not.toBe('')
    },
  ],
  [
    'a login under way, a consent that is asked, a session, and what was remembered',
    async (pair) => {
      const { ask, toTaker, toMaker } = switching(pair)
      const browser = createBrowser(ask)
      const url = authorizeUrl({ resource: API })
      const begun = await browser.get(url)
      toTaker()
      const back = await browser.get(await signLogin(begun.headers.get('location') ?? '', 'alice', { now: pair.at() }))
      expect(back.status).toBe(303)
      toMaker()
      const consent = hiddenField(await (await browser.get(url)).text(), 'consent')
      toTaker()
      const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
      const code = new URL(goesTo(await answered.text())).searchParams.get('code') ?? ''
      await granted(redeem(pair.maker, code))
      toMaker()
      // Remembered: nobody is asked again.
      expect(new URL((await browser.get(url)).headers.get('location') ?? '').searchParams.get('code')).not.toBe(null)
      toTaker()
      const copy = new Map(browser.cookies)
      const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
      expect((await browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
      const thief = createBrowser((request) => pair.maker.fetch(request), copy)
      expect((await thief.get(url)).headers.get('location')).toContain('https://login.example/login')
    },
  ],
  [
    'a session of a login of which nobody told when',
    async (pair) => {
      const { ask, toTaker, toMaker } = switching(pair)
      const browser = createBrowser(ask)
      const url = authorizeUrl({ resource: API })
      const location = (await browser.get(url)).headers.get('location') ?? ''
      await browser.get(await signLogin(location, 'alice', { now: pair.at(), claims: { auth_time: undefined } }))
      toTaker()
      const consent = hiddenField(await (await browser.get(url)).text(), 'consent')
      const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
      const code = new URL(goesTo(await answered.text())).searchParams.get('code') ?? ''
      toMaker()
      const { access_token, refresh_token = '' } = await granted(redeem(pair.taker, code))
      const again = await granted(createApp(ask).refresh(refresh_token))
      for (const token of [access_token, again.access_token])
        for (const issuer of [pair.maker, pair.taker])
          expect(await introspect(issuer, token)).toMatchObject({ active: true, sub: 'alice' })
    },
  ],
  [
    'the pairwise name of a person',
    async (pair) => {
      const names = []
      for (const issuer of [pair.maker, pair.taker]) {
        const { access_token } = await granted(redeem(issuer, await approve(pair, { resource: PAIRWISE })))
        names.push((await introspect(pair.taker, access_token)).sub)
      }
      expect(names[0]).toMatch(/^[\w-]{43}$/)
      expect(names[1]).toBe(names[0])
    },
  ],
]

/** What is revoked at one, and refused by the resource servers of the other. */
const REVOCATIONS: readonly (readonly [string, (pair: Pair) => Promise<string>])[] = [
  [
    'its token, by a client',
    async ({ maker }) => {
      const token = await mint(maker, API)
      expect((await post(maker, 'revoke', { token }, 'machine')).status).toBe(200)
      return token
    },
  ],
  [
    'a refresh token, by a client, and what came of it',
    async (pair) => {
      const { access_token, refresh_token } = await granted(redeem(pair.maker, await approve(pair)))
      expect((await post(pair.maker, 'revoke', { token: refresh_token, client_id: 'pub' })).status).toBe(200)
      expect((await refresh(pair.taker, refresh_token)).status).toBe(400)
      return access_token
    },
  ],
  ...(
    [
      ['client', 'pub'],
      ['sub', 'alice'],
    ] as const
  ).map(
    ([kind, value]) =>
      [
        `a ${kind}, by an operator`,
        async (pair: Pair) => {
          const { access_token, refresh_token } = await granted(redeem(pair.maker, await approve(pair)))
          expect((await post(pair.maker, 'revocations', { kind, value }, 'operator')).status).toBe(200)
          expect((await refresh(pair.taker, refresh_token)).status).toBe(400)
          return access_token
        },
      ] as const,
  ),
  [
    'a key, by an operator',
    async ({ maker, ring }) => {
      const token = await mint(maker, API)
      const kid = ringOf(OWN, ring).roots[0]?.kid ?? ''
      expect((await post(maker, 'revocations', { kind: 'kid', value: kid }, 'operator')).status).toBe(200)
      return token
    },
  ],
]

describe('0.1.0 and this version on one ring, guard and list', () => {
  let packed: Version
  beforeAll(async () => {
    packed = await unpack('0.1.0')
  })

  /** Returns two issuers; the memory is the maker's version's, and so is the ring. */
  function setUp(isForward: boolean): Pair {
    const [made, taking] = isForward ? [packed, OWN] : [OWN, packed]
    let now = NOW
    const at = () => now
    const ring = made.keys.writeRing(made.keys.createRing({ now: NOW, key: testKey() }))
    const guard: Guard = made.issuer.createMemoryGuard(at)
    const revocations: Revocations = made.issuer.createMemoryRevocations('salt')
    const create = ({ issuer }: Version) =>
      issuer.createIssuer({
        ...SETTINGS,
        issuer: ISSUER,
        keyRing: ring,
        guard,
        revocations,
        authenticate: issuer.ownLoginPage({
          url: VARS.LOGIN.url,
          issuer: VARS.LOGIN.issuer,
          jwks: VARS.LOGIN.jwks,
        } as never),
        log: () => {},
        now: at,
      })
    return {
      maker: create(made),
      taker: create(taking),
      version: taking,
      ring,
      at,
      wait: (seconds) => {
        now += seconds
      },
    }
  }

  describe.each([
    ['forward: made by 0.1.0, taken by this version', true],
    ['back: made by this version, taken by 0.1.0', false],
  ])('%s', (_, isForward) => {
    it.each(ARTEFACTS)('%s', async (_, take) => {
      await take(setUp(isForward))
    })

    it.each(REVOCATIONS)('revoked: %s', async (what, revoke) => {
      const pair = setUp(isForward)
      const token = await revoke(pair)
      pair.wait(30)
      // 0.1.0 cannot tell names: its verifiers let in until they end the access tokens of a person, or an approval.
      const isNamed = !isForward && /^a sub|^a refresh token/.test(what)
      const expected = isNamed ? { ok: true } : { ok: false, reason: 'revoked' }
      expect(await verifierOf(pair, API, true).verify(token)).toMatchObject(expected)
      expect((await introspect(pair.taker, token)).active).toBe(false)
    })

    it('a ring that was rotated, and one whose root was revoked', async () => {
      const [made, taking] = isForward ? [packed, OWN] : [OWN, packed]
      let ring = made.keys.createRing({ now: NOW, key: testKey() })
      for (let day = 1; day <= 40; day++) {
        const rotation = made.keys.rotateRing(ring, { now: NOW + day * 8_000_000, key: testKey(day) })
        if (rotation.ok) ring = rotation.ring
        const read = ringOf(taking, made.keys.writeRing(ring))
        expect(taking.keys.writeRing(read)).toBe(made.keys.writeRing(ring))
      }
      const [root] = ring.roots
      const revoked = made.keys.revokeRoot(ring, root?.kid ?? '')
      expect(ringOf(taking, made.keys.writeRing(revoked)).revoked).toEqual([root?.kid])
    })
  })
})
