import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { drive } from '../cases/login.mjs'
import { ROOT, run } from '../checkout.ts'
import { openEntitlement } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, readAnswer, VERIFIER } from '../parties/person.ts'

const REDIRECT = 'http://127.0.0.1:4999/callback'
const RESOURCE = 'https://api.example.com'

/** A real OpenID provider: npm's oidc-provider, as it comes. */
async function startProvider(callbacks: readonly string[], port: number): Promise<Server> {
  const provider = new Provider(`http://localhost:${port}`, {
    clients: [
      {
        client_id: 'bulla',
        client_secret: 'upstream-secret',
        redirect_uris: [...callbacks],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: `${id} upstream` }),
    }),
  })
  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return server
}

describe('with oidc-provider upstream', () => {
  let live: LiveIssuer
  /** The same issuer, so to say, whose operator wrote `subject = "digest"` when others came beside the provider; and one that did not. */
  let [moved, named]: (LiveIssuer | undefined)[] = []
  let upstream: Server
  let port = 0

  beforeAll(async () => {
    port = await freePort()
    const login = { type: 'openid', issuer: `http://localhost:${port}`, client_id: 'bulla', scope: 'openid profile' }
    live = await startIssuer({ LOGIN: login, LOGIN_CLIENT_SECRET: 'upstream-secret' })
    const several = (more: object) => ({
      LOGIN: { acme: { ...login, ...more } },
      LOGIN_CLIENT_SECRET_ACME: 'upstream-secret',
    })
    moved = await startIssuer(several({ subject: 'digest' }))
    named = await startIssuer(several({}))
    const callbacks = [moved, named].map(({ issuer }) => `${issuer}/login/callback/acme`)
    upstream = await startProvider([`${live.issuer}/login/callback`, ...callbacks], port)
  }, 60_000)
  afterAll(async () => {
    upstream?.closeAllConnections()
    upstream?.close()
    await Promise.all([live, moved, named].map((one) => one?.stop()))
  })

  const authorize = (
    changes: Readonly<Record<string, string>> = {},
    { issuer } = live,
  ): Promise<{ callback?: string; trace: string[]; html?: string }> =>
    drive(
      `${issuer}/authorize?${formOf({ response_type: 'code', client_id: 'demo-app', redirect_uri: REDIRECT, scope: 'orders:read', state: 'xyz', code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256', ...changes })}`,
      REDIRECT,
      { hosts: [`localhost:${port}`], fields: { login: 'carol' } },
    )

  /** Returns what the token says that the app gets for a code. */
  async function entitlementOf(callback: string | undefined, { issuer, ring } = live) {
    const code = new URL(callback ?? '').searchParams.get('code') ?? ''
    const body = formOf({ grant_type: 'authorization_code', client_id: 'demo-app', code, code_verifier: VERIFIER })
    const answer = await readAnswer(await fetch(`${issuer}/token`, { method: 'POST', body }))
    const leaves = createKeyring(ring, issuer).leavesFor('access', RESOURCE, 'A256GCM', 600)
    const now = Math.floor(Date.now() / 1000)
    const expected = {
      issuer,
      resource: RESOURCE,
      now,
      clockTolerance: 10,
      longestLife: 600,
      anonymous: false,
    }
    return openEntitlement(answer.access_token, leaves, expected)
  }

  it('a person logs in there, consents here, and the app gets a token for that person', async () => {
    const { callback, trace } = await authorize()
    expect([callback, trace]).toEqual([
      expect.stringContaining('code='),
      expect.arrayContaining([expect.stringContaining('/interaction/')]),
    ])
    const entitlement = await entitlementOf(callback)
    expect(entitlement.sub).toBe(upstreamSubject(`http://localhost:${port}`, 'carol'))
    // What the operator is told is the name that tokens have.
    const line = ['subject', '--provider', `http://localhost:${port}`, '--sub', 'carol']
    expect(await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...line], { cwd: tmpdir() })).toEqual({
      code: 0,
      out: `${entitlement.sub}\n`,
      err: '',
    })
    // The provider tells when only to those who ask for max_age: so nobody is told.
    expect(entitlement.auth_time).toBeUndefined()
  })

  it('a person has the name that they had when the provider was alone, where its table says so, and else one that begins with its own', async () => {
    const subs = []
    for (const there of [live, moved, named])
      subs.push((await entitlementOf((await authorize({}, there)).callback, there)).sub)
    const before = upstreamSubject(`http://localhost:${port}`, 'carol')
    expect(subs).toEqual([before, before, 'acme|carol'])
  })

  it.each<Readonly<Record<string, string>>>([
    { prompt: 'login', max_age: '30' },
    { prompt: 'login' },
    { max_age: '30' },
    { max_age: '0' },
  ])('a login for %o is proved to be new: the provider tells when', async (changes) => {
    const before = Math.floor(Date.now() / 1000)
    const { callback } = await authorize(changes)
    expect((await entitlementOf(callback)).auth_time).toBeGreaterThanOrEqual(before)
  })
})
