/**
 * An issuer in memory, for the tests of somebody's API: real tokens, a clock that is moved by hand, and nothing on a network.
 *
 * @module
 */

import { checkInteger, checkMembers } from '../../keys/check.ts'
import { isLoopback } from '../../keys/identifier.ts'
import { createKeyring, createRing, exportKeys, type Ring, writeKeys, writeRing } from '../../keys/index.ts'
import { createIssuer, type Issuer } from '../issuer.ts'
import { challengeOf } from '../protocol/pkce.ts'
import { drawAnew, nameBy } from '../randomness.ts'
import { createMemoryGuard } from '../stores/guard_memory.ts'
import { createMemoryRevocations } from '../stores/revocations_memory.ts'
import { sealDirect } from '../token/direct.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type {
  TestIssuer,
  TestIssuerOptions,
  TestLogin,
  TestLoginAnswer,
  TestTokenOptions,
} from './test_issuer_types.ts'

const APP = 'test-app'
const BACK = 'https://app.test/callback'
const OPTIONS = ['issuer', 'resource', 'scopes', 'now', 'settings']

/** Refuses to be an issuer that somebody could reach. */
function checkTest(issuer: string): void {
  const isTest = URL.canParse(issuer) && /^https:\/\/(?:[^/]*\.)?test(?::\d+)?(?:\/|$)/.test(issuer)
  if (!isTest && !isLoopback(issuer))
    throw new RangeError(
      '"issuer" expected https on a host below .test (RFC 6761 §6.2), or a loopback host: this issuer logs in whoever a test says, and is for tests alone',
    )
}

/** Returns a ring whose one root has been sealing for a day. */
function ringAt(now: number): Ring {
  return createRing({ now: now - 86_400, key: drawAnew(32) })
}

/**
 * Makes an issuer in memory: with a ring of its own, an API, an app, and a clock that stands still until it is moved. It is for tests
 * alone, and refuses to be called as one that others could reach.
 *
 * @throws {TypeError | RangeError} when an option is misspelt, or `issuer` is neither below `.test` nor a loopback host
 * @example
 * import { createTestIssuer } from 'bulla/testing'
 * import { createVerifier } from 'bulla/verifier'
 *
 * const test = createTestIssuer()
 * const verifier = createVerifier(test.verifier)
 * const { ok, entitlement } = await verifier.verify(await test.token({ sub: 'alice', scope: 'read' }))
 * test.advance(700)
 * @see docs/guides/testing-your-api.md
 */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const {
    issuer = 'https://issuer.test',
    resource = 'https://api.test',
    scopes = ['read', 'write'],
    settings,
  } = options
  let now = options.now ?? Math.floor(Date.now() / 1000)
  checkMembers('createTestIssuer', options, OPTIONS)
  checkInteger('now', now, 0)
  checkTest(issuer)
  const clock = (): number => now
  const ring = ringAt(now)
  const revocations = createMemoryRevocations(nameBy(drawAnew), () => now * 1000, { single: true })
  let person = 'alice'
  const app: Issuer = createIssuer({
    resources: { [resource]: { scopes } },
    clients: {
      [APP]: {
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        resources: [resource],
        scopes,
        redirect_uris: [BACK],
        consent: 'skip',
      },
    },
    guard: createMemoryGuard(clock, { single: true }),
    revocations,
    authenticate: async () => ({ sub: person, auth_time: now }),
    log: () => {},
    ...settings,
    issuer,
    keyRing: writeRing(ring),
    now: clock,
  })

  const ask = async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    app.fetch(new Request(input, init))

  async function seal(from: Ring, at: number, of: TestTokenOptions = {}): Promise<string> {
    const { scope = scopes.join(' '), client_id = APP, resource: aud = resource, lifetime = 600, ...rest } = of
    const entitlement: Entitlement = {
      sub: 'alice',
      jti: nameBy(drawAnew),
      claims: {},
      ...rest,
      client_id,
      aud,
      scope: scope.split(' '),
      iat: at,
      exp: at + lifetime,
    }
    const leaves = createKeyring(from, issuer).leavesFor('access', aud, 'A256GCM', lifetime)
    return sealDirect(entitlement, issuer, leaves, at)
  }

  // Revoked from the start: a verifier that knows the list already asks for it again only after a while.
  const jti = nameBy(drawAnew)
  const until = now + 90 * 86_400
  const revoking = revocations.add({ kind: 'jti', value: jti, at: now, until, keep: until, by: 'operator' }, now)
  async function revoked(): Promise<string> {
    await revoking
    return seal(ring, now, { jti })
  }

  /** Follows redirects as a new browser does, until they leave the issuer. */
  async function followHere(begin: string): Promise<string> {
    const cookies = new Map<string, string>()
    let location = begin
    for (let step = 0; step < 5 && location.startsWith(`${issuer}/`); step++) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
      const answer = await ask(location, { headers: { cookie }, redirect: 'manual' })
      for (const set of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
        cookies.set(name, value)
      }
      const next = answer.headers.get('location')
      if (next === null) throw new Error(`nobody was logged in: the issuer answered ${answer.status} with a page`)
      location = new URL(next, location).href
    }
    return location
  }

  async function login({ sub = 'alice', scope = scopes.join(' ') }: TestLogin = {}): Promise<TestLoginAnswer> {
    person = sub
    const verifier = `${nameBy(drawAnew)}${nameBy(drawAnew)}`
    const asked = { response_type: 'code', client_id: APP, redirect_uri: BACK, scope, resource }
    const proof = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' }
    const back = await followHere(`${issuer}/authorize?${new URLSearchParams({ ...asked, ...proof })}`)
    const code = new URL(back).searchParams.get('code')
    if (code === null) throw new Error(`nobody was logged in: ${back}`)
    const redeemed = {
      grant_type: 'authorization_code',
      client_id: APP,
      redirect_uri: BACK,
      code,
      code_verifier: verifier,
    }
    const answer = await ask(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(redeemed) })
    if (!answer.ok) throw new Error(`no token was given: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as TestLoginAnswer
  }

  const keys = writeKeys(exportKeys(ring, { issuer, resource, now }))
  return {
    verifier: { issuer, resource, keys, now: clock, fetch: ask },
    revocations: { url: `${issuer}/revocations` },
    keys,
    now: clock,
    advance(seconds) {
      checkInteger('seconds', seconds, 0)
      now += seconds
    },
    fetch: ask,
    token: (of) => seal(ring, now, of),
    refused: {
      expired: () => seal(ring, now - 700),
      otherResource: () => seal(ring, now, { resource: 'https://another-api.test' }),
      forged: () => seal(ringAt(now), now),
      revoked,
      withoutScope: () => seal(ring, now, { scope: 'no-scope-of-this-api' }),
    },
    login,
  }
}
