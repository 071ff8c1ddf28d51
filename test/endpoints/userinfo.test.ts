import { describe, expect, it } from 'vitest'
import { createKeyring, createRing } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import type { Revocations } from '../../src/stores/revocations.ts'
import { openDirect } from '../../src/token/direct.ts'
import { API, basic, ISSUER, NOW, testKey, VARS } from '../fixtures.ts'
import { createProver, type Prover, withProofs } from '../parties/dpop.ts'
import {
  ALICE,
  createProvider,
  type Provider,
  type ProviderChanges,
  RP,
  RP_SECRET,
} from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'
import { hiddenField, VERIFIER } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const USERINFO = `${ISSUER}/userinfo`
const PAGE = { origin: 'https://spa.example' }
const CHALLENGES = [`Bearer realm="${USERINFO}"`, `DPoP realm="${USERINFO}", algs="ES256 Ed25519 EdDSA PS256"`] as const
const INVALID = 'error="invalid_token", error_description="The access token is invalid or has expired."'

function ask(provider: Provider, headers: Readonly<Record<string, string>>, init: RequestInit = {}, query = '') {
  return provider.ask(new Request(USERINFO + query, { ...init, headers }))
}

/** Opens a token as the issuer alone can: with the ring of the provider. */
async function opened(token: string) {
  const ring = createKeyring(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA }), ISSUER)
  const times = { now: NOW, clockTolerance: 0, longestLife: 600 }
  const expected = { issuer: ISSUER, resource: USERINFO, ...times, anonymous: true }
  return (await openDirect(token, ring.leavesFor('userinfo', '', 'A256GCM', 600), expected)).entitlement
}

async function logOut({ browser }: Provider): Promise<void> {
  const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
  expect((await browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
}

/** What is told of a refusal, and who may read it. */
async function seen(response: Response) {
  const { headers } = response
  return [response.status, headers.get('www-authenticate'), await response.text()]
}

/** A provider whose relying party proves a DPoP key at the token endpoint, and the token that it gets. */
async function loginBound(changes: ProviderChanges = {}) {
  const [provider, prover] = [createProvider(changes), await createProver()]
  const code = (await provider.authorize()).searchParams.get('code') ?? ''
  const headers = { authorization: basic('rp', RP_SECRET), 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }).toString()
  const request = new Request(`${ISSUER}/token`, { method: 'POST', headers, body })
  const answer = await withProofs(provider.ask, prover, () => NOW)(request)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return { provider, prover, token }
}

/** Asks with a proof, and once more with the nonce that comes back, unless a nonce is given. */
async function askProved(provider: Provider, prover: Prover, token: string, changes = {}, method = 'GET') {
  const once = async (nonce?: string) => {
    const right = { method, url: USERINFO, token, ...(nonce === undefined ? {} : { nonce }) }
    const dpop = await prover.prove({ ...right, ...changes })
    return ask(provider, { authorization: `DPoP ${token}`, dpop }, { method })
  }
  const nonce = (await once()).headers.get('dpop-nonce') ?? undefined
  return once(nonce)
}

describe('the userinfo endpoint', () => {
  it.each(['GET', 'POST'])(
    'answers %s with what is told, in JSON that nobody keeps (OpenID Connect Core §5.3.2)',
    async (method) => {
      const provider = createProvider()
      const { access_token } = await provider.login({ scope: 'openid email' })
      const response = await provider.userinfo(access_token, { method, headers: PAGE })
      expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
        200,
        'application/json',
        'no-store',
      ])
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(await response.json()).toEqual({ sub: 'alice', email: ALICE.email, email_verified: true })
    },
  )

  it('answers HEAD as GET, without the body (RFC 9110 §9.3.2)', async () => {
    const provider = createProvider()
    const { access_token } = await provider.login()
    const response = await provider.userinfo(access_token, { method: 'HEAD' })
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      '',
    ])
  })

  it('takes no other method, and says which (RFC 9110 §15.5.6)', async () => {
    const provider = createProvider()
    const { access_token } = await provider.login()
    const response = await provider.userinfo(access_token, { method: 'PUT', headers: PAGE })
    const { headers } = response
    expect([response.status, headers.get('allow'), headers.get('access-control-allow-origin')]).toEqual([
      405,
      'GET, HEAD, POST',
      '*',
    ])
  })

  it('asks who brings nothing by a plain challenge, without an error (RFC 6750 §3.1)', async () => {
    const provider = createProvider()
    for (const headers of [{}, { authorization: basic('rp', RP_SECRET) }] as Record<string, string>[])
      expect(await seen(await ask(provider, headers))).toEqual([401, CHALLENGES.join(', '), ''])
  })

  it('answers all that is no good token alike: no oracle (RFC 6750 §3.1)', async () => {
    const provider = createProvider({
      now: () => NOW,
      rp: { resources: [API], scopes: ['openid', 'read'] },
    })
    const { access_token: own } = await provider.login({ scope: 'openid' })
    const { access_token: api, id_token, refresh_token } = await provider.login({ scope: 'openid read' })
    const changed = own.slice(0, -6) + (own.at(-6) === 'A' ? 'B' : 'A') + own.slice(-5)
    const refused = await Promise.all(
      [api, id_token, refresh_token, changed, 'x', 'x'.repeat(7000)].map(async (token) =>
        seen(await provider.userinfo(token ?? '')),
      ),
    )
    const [challenge] = CHALLENGES
    expect(new Set(refused.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify([401, `${challenge}, ${INVALID}`, '{"error":"invalid_token"}'])]),
    )
  })

  it('is over when it says so', async () => {
    let now = NOW
    const provider = createProvider({ now: () => now })
    const { access_token } = await provider.login()
    now += 599
    expect((await provider.userinfo(access_token)).status).toBe(200)
    now += 1
    expect((await provider.userinfo(access_token)).status).toBe(401)
  })

  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
  it.each([
    ['in a form', {}, 'in the body'],
    ['in a form beside the header', { authorization: 'Bearer own' }, 'in the body'],
    ['in the query', {}, 'in the query'],
    ['in the query beside the header', { authorization: 'Bearer own' }, 'in the query'],
    ['in a second header', { authorization: 'Bearer own, Bearer own' }, 'nowhere'],
    ['in a header that is none', { authorization: 'Bearer a b' }, 'nowhere'],
  ])('takes no token %s, and says why (OAuth 2.1 §5.1)', async (_, headers, where) => {
    const provider = createProvider()
    const { access_token } = await provider.login()
    const { authorization = '' } = headers as { authorization?: string }
    const sent = authorization === '' ? {} : { authorization: authorization.replaceAll('own', access_token) }
    const form = { method: 'POST', body: `access_token=${access_token}` }
    const response =
      where === 'in the body'
        ? await ask(provider, { ...FORM, ...sent }, form)
        : await ask(provider, sent, {}, where === 'in the query' ? `?access_token=${access_token}` : '')
    const { error, error_description } = (await response.json()) as Record<string, string>
    expect([response.status, error, error_description]).toEqual([
      400,
      'invalid_request',
      'The access token is to come in the Authorization header, once, and nowhere else.',
    ])
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_request"')
  })

  it('reads no body but a form, and of that nothing but where the token is not to be', async () => {
    const provider = createProvider()
    const { access_token } = await provider.login()
    for (const body of ['access_token=x', '{"access_token":"x"}', ''])
      expect(
        (await provider.userinfo(access_token, { method: 'POST', body, headers: { 'content-type': 'text/plain' } }))
          .status,
      ).toBe(200)
    expect((await provider.userinfo(access_token, { method: 'POST', body: 'a=b', headers: FORM })).status).toBe(200)
    expect(
      (await provider.userinfo(access_token, { method: 'POST', body: 'a'.repeat(20_000), headers: FORM })).status,
    ).toBe(413)
  })

  it('lets pages of other origins ask and read, its errors too, but none without a name (Fetch Standard, CORS)', async () => {
    const provider = createProvider()
    const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,dpop' }
    const preflight = await ask(provider, { ...PAGE, ...asked }, { method: 'OPTIONS' })
    const { headers } = preflight
    expect([preflight.status, headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(headers.get('access-control-allow-methods')).toBe('GET,HEAD,POST')
    expect(headers.get('access-control-allow-headers')).toMatch(/Authorization.*DPoP/)
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    const form = { method: 'POST', body: 'access_token=x' }
    for (const response of [
      await ask(provider, PAGE),
      await ask(provider, { ...PAGE, authorization: 'Bearer x' }),
      await ask(provider, { ...PAGE, ...FORM }, form),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-expose-headers')).toMatch(/DPoP-Nonce.*WWW-Authenticate/)
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
    expect((await ask(provider, { origin: 'null' })).headers.get('access-control-allow-origin')).toBeNull()
  })

  it('is not there where the issuer is no OpenID provider', async () => {
    const provider = createProvider({
      openid: undefined,
      rp: { resources: [API], scopes: ['read'] },
    } as unknown as ProviderChanges)
    expect((await ask(provider, { authorization: 'Bearer x' })).status).toBe(404)
  })

  it('needs openid: a token with less is refused as lacking it (RFC 6750 §3.1)', async () => {
    const provider = createProvider()
    const { refresh_token } = await provider.login()
    const { access_token, scope } = await provider.token({ grant_type: 'refresh_token', refresh_token, scope: 'email' })
    expect(scope).toBe('email')
    expect(await seen(await provider.userinfo(access_token))).toEqual([
      403,
      `${CHALLENGES[0]}, error="insufficient_scope", error_description="The access token lacks the scope that is needed here.", scope="openid"`,
      '{"error":"insufficient_scope"}',
    ])
  })

  it.each(['guard', 'list', 'ring'])('answers 503 when the %s is down, and says when to come again', async (what) => {
    const lines: LogEntry[] = []
    let [isDown, now] = [false, NOW]
    const [guard, list] = [createMemoryGuard(() => now), createMemoryRevocations('salt')]
    const fail = () => {
      throw new Error('down')
    }
    const provider = createProvider({
      now: () => now,
      guard: { ...guard, hasEnded: (ids) => (isDown && what === 'guard' ? fail() : guard.hasEnded(ids)) },
      revocations: { ...list, read: (...of) => (isDown && what === 'list' ? fail() : list.read(...of)) } as Revocations,
      log: (line) => void lines.push(line),
    })
    const { access_token } = await provider.login()
    // The list is looked at every few seconds; a ring that nobody rotates ends.
    now += what === 'ring' ? 86_400 * 4000 : 60
    isDown = true
    const response = await provider.userinfo(access_token, { headers: PAGE })
    expect([response.status, Number(response.headers.get('retry-after')) > 0]).toEqual([503, true])
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(JSON.stringify(lines)).not.toContain(access_token)
  })
})

describe('the userinfo endpoint, of tokens bound to a key', () => {
  it.each(['GET', 'POST', 'HEAD'])('takes one by %s with a proof of it, each once (RFC 9449 §7.1)', async (method) => {
    const { provider, prover, token } = await loginBound()
    const nonce =
      (
        await ask(
          provider,
          { authorization: `DPoP ${token}`, dpop: await prover.prove({ method, url: USERINFO, token }) },
          { method },
        )
      ).headers.get('dpop-nonce') ?? ''
    const dpop = await prover.prove({ method, url: USERINFO, token, nonce })
    const headers = { authorization: `DPoP ${token}`, dpop, ...PAGE }
    expect((await ask(provider, headers, { method })).status).toBe(200)
    const again = await ask(provider, headers, { method })
    expect([again.status, again.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/),
    ])
  })

  it('tells a nonce to who has none, and the next one in time, for pages to read (RFC 9449 §9)', async () => {
    let now = NOW
    const { provider, prover, token } = await loginBound({ now: () => now })
    const dpop = await prover.prove({ method: 'GET', url: USERINFO, token })
    const first = await ask(provider, { authorization: `DPoP ${token}`, dpop, ...PAGE })
    expect([first.status, first.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="use_dpop_nonce"/),
    ])
    expect(first.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
    const nonce = first.headers.get('dpop-nonce') ?? ''
    now += 200
    const second = await prover.prove({ method: 'GET', url: USERINFO, token, nonce, now })
    const later = await ask(provider, { authorization: `DPoP ${token}`, dpop: second })
    expect([later.status, later.headers.get('dpop-nonce')]).toEqual([200, expect.stringMatching(/^ey/)])
  })

  it('asks for no nonce where the issuer asks for none', async () => {
    const { provider, prover, token } = await loginBound({ dpopNonce: false })
    const dpop = await prover.prove({ method: 'GET', url: USERINFO, token })
    expect((await ask(provider, { authorization: `DPoP ${token}`, dpop })).status).toBe(200)
  })

  it.each([
    ['of another method', { method: 'POST' }],
    ['of another URL', { url: `${ISSUER}/token` }],
    ['of another token', { token: 'another' }],
    ['of no token', { token: undefined }],
    ['that is old', { now: NOW - 100 }],
  ])('takes no proof %s (RFC 9449 §4.3)', async (_, changes) => {
    const { provider, prover, token } = await loginBound()
    const response = await askProved(provider, prover, token, changes)
    expect(await seen(response)).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/),
      '{"error":"invalid_dpop_proof"}',
    ])
  })

  it('refuses a bound token without its key, and a free one with a key (RFC 9449 §7.2)', async () => {
    const { provider, prover, token } = await loginBound()
    const thief = await createProver()
    const { access_token: free } = await provider.login()
    const bearer = await ask(provider, { authorization: `Bearer ${token}` })
    const proved = await ask(provider, {
      authorization: `Bearer ${token}`,
      dpop: await prover.prove({ method: 'GET', url: USERINFO, token }),
    })
    const answers = [bearer, proved, await askProved(provider, thief, token), await askProved(provider, prover, free)]
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, 401])
    for (const answer of answers) expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    const bare = await ask(provider, { authorization: `DPoP ${token}` })
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/),
    ])
    expect((await askProved(provider, prover, token)).status).toBe(200)
  })

  it('takes one that is bound to a certificate over its connection alone (RFC 8705 §3)', async () => {
    let thumbprint: string | undefined = 'a'.repeat(43)
    const provider = createProvider({
      rp: { tls_client_certificate_bound_access_tokens: true },
      certificate: () => (thumbprint === undefined ? undefined : { thumbprint, isTrusted: false, names: {} }),
    })
    const { access_token } = await provider.login()
    expect((await provider.userinfo(access_token)).status).toBe(200)
    const refused = []
    for (thumbprint of ['b'.repeat(43), undefined]) refused.push((await provider.userinfo(access_token)).status)
    expect(refused).toEqual([401, 401])
  })
})

/** Providers with one ring, guard and list: the same issuer with other settings. */
function sameIssuer(first: ProviderChanges = {}) {
  let at = NOW
  const now = () => at
  const [guard, revocations] = [createMemoryGuard(now), createMemoryRevocations('salt')]
  const clients = { operator: VARS.CLIENTS.operator } as IssuerSettings['clients']
  const changed = (changes: ProviderChanges) =>
    createProvider({ now, guard, revocations, clients, ...first, ...changes })
  /** The issuer's own look at the list is some seconds old at the most. */
  const look = () => {
    at += 6
  }
  return { provider: changed({}), changed, look }
}

describe('what has changed since counts at once at the userinfo endpoint', () => {
  it.each([
    ['a client that is not there any more', { rpId: 'another' }, 401, {}],
    ['a client that may not ask who the person is', { rp: { scopes: ['read'], resources: [API] } }, 403, {}],
    [
      'a client that lost a scope',
      { rp: { scopes: ['openid', 'email'] } },
      200,
      { email: ALICE.email, email_verified: true },
    ],
    [
      'a claim that is told no more',
      { openid: { claims: ['name', 'email'] } },
      200,
      { name: ALICE.name, email: ALICE.email },
    ],
  ] as const)('%s', async (_, changes, status, told) => {
    const { provider, changed } = sameIssuer()
    const { access_token } = await provider.login({ scope: 'openid profile email' })
    const now = changed(changes as ProviderChanges)
    const response = await now.userinfo(access_token)
    expect(response.status).toBe(status)
    if (status === 200) expect(await response.json()).toEqual({ sub: 'alice', ...told })
  })

  it.each([
    ['grant', 'grant'],
    ['person', 'sub'],
    ['client', 'client'],
    ['key', 'kid'],
  ])('a %s that an operator revoked', async (_, kind) => {
    const { provider, look } = sameIssuer()
    const { access_token } = await provider.login()
    const bystander = createProvider()
    const other = (await bystander.login()).access_token
    const kid = (JSON.parse(atob(access_token.split('.')[0] ?? '')) as { kid: string }).kid
    // The grant's id stands in the token alone; an operator reads it by `token inspect`.
    const value =
      { sub: 'alice', client: 'rp', kid: kid.split('.')[0] ?? '', grant: (await opened(access_token)).gid }[kind] ?? ''
    const answer = await provider.ask(formRequest('/revocations', 'operator', { kind, value, unknown: 'true' }))
    expect(answer.status).toBe(200)
    look()
    expect((await provider.userinfo(access_token)).status).toBe(401)
    expect((await bystander.userinfo(other)).status).toBe(200)
  })

  it('a code that came twice: the token of the first time is dead (RFC 6749 §4.1.2, module codereuse)', async () => {
    const provider = createProvider()
    const code = (await provider.authorize()).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    const { access_token } = await provider.token(form)
    expect((await provider.userinfo(access_token)).status).toBe(200)
    expect((await provider.token(form)).error).toBe('invalid_grant')
    expect((await provider.userinfo(access_token)).status).toBe(401)
  })

  it.each([
    ['a guard, and no list', { revocations: undefined }],
    ['a guard and a list', {}],
    ['a list, and no guard', { guard: 'none' }],
  ] as const)('a token that its client took back, with %s (RFC 7009 §2)', async (_, changes) => {
    const { provider, look } = sameIssuer(changes as ProviderChanges)
    const [{ access_token, refresh_token }, other] = [await provider.login(), (await provider.login()).access_token]
    const headers = { authorization: basic('rp', RP_SECRET) }
    const answer = await provider.ask(formRequest('/revoke', undefined, { token: access_token }, headers))
    expect(answer.status).toBe(200)
    if ('guard' in changes) look()
    expect((await provider.userinfo(access_token)).status).toBe(401)
    expect((await provider.userinfo(other)).status).toBe(200)
    // Nothing else of it ends.
    expect((await provider.token({ grant_type: 'refresh_token', refresh_token })).access_token).toMatch(/^ey/)
  })

  it('a token that another client, or its own without a guard or a list, would take back: it lives on', async () => {
    const other = { ...RP, redirect_uris: ['https://other.example/cb'] }
    const { provider } = sameIssuer({ clients: { other } })
    const { access_token } = await provider.login()
    const headers = { authorization: basic('other', RP_SECRET) }
    expect((await provider.ask(formRequest('/revoke', undefined, { token: access_token }, headers))).status).toBe(200)
    expect((await provider.userinfo(access_token)).status).toBe(200)
    const bare = createProvider({ guard: 'none' })
    const token = (await bare.login()).access_token
    const answer = await bare.ask(
      formRequest('/revoke', undefined, { token }, { authorization: basic('rp', RP_SECRET) }),
    )
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'unsupported_token_type' }])
  })

  it('a refresh token that its client took back: its family ends, and says so here', async () => {
    for (const changes of [{}, { guard: 'none' }] as ProviderChanges[]) {
      const { provider, look } = sameIssuer(changes)
      const { access_token, refresh_token: token = '' } = await provider.login()
      const headers = { authorization: basic('rp', RP_SECRET) }
      expect((await provider.ask(formRequest('/revoke', undefined, { token }, headers))).status).toBe(200)
      if ('guard' in changes) look()
      expect((await provider.userinfo(access_token)).status).toBe(401)
    }
  })

  // promise: P07
  it('but a logout ends no token that was given: they end of themselves, as those for APIs', async () => {
    const provider = createProvider()
    const { access_token, refresh_token } = await provider.login()
    await logOut(provider)
    expect((await provider.token({ grant_type: 'refresh_token', refresh_token })).error).toBe('invalid_grant')
    expect((await provider.userinfo(access_token)).status).toBe(200)
  })
})
