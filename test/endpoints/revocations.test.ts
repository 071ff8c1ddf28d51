import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import {
  createMemoryGuard,
  createMemoryRevocations,
  type IssuerSettings,
  type LogEntry,
  type Revocations,
} from '../../src/index.ts'
import { isRevoked, readBundle } from '../../src/token/revocations.ts'
import { API, ISSUER, NOW, testIssuer, tokenRequest, VARS } from '../fixtures.ts'
import { authorizeUrl, createApp, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { type Asker, formRequest, getRequest } from '../parties/servers.ts'

/** An issuer with revocations, and a clock that the test turns. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const lines: LogEntry[] = []
  const clock = (): number => now
  const revocations = createMemoryRevocations('salt', () => 7)
  const issuer = testIssuer({ now: clock, revocations, log: (entry) => lines.push(entry), ...changes })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const person = (name = 'alice') => createPerson(ask, { name, now: clock })
  return {
    ask,
    person,
    lines,
    wait: (seconds: number) => {
      now += seconds
    },
    mint: async () => (await readAnswer(await ask(tokenRequest()))).access_token,
    approve: async (client: 'pub' | 'web' = 'web', name?: string) => {
      const app = createApp(ask, { client })
      const code = (await person(name).answer('allow', REQUESTS[client])).searchParams.get('code') ?? ''
      return { app, ...(await readAnswer(await app.redeem(code))) }
    },
    operate: (form: Readonly<Record<string, string>>) => ask(formRequest('/revocations', 'operator', form)),
    introspect: async (token: string) =>
      (await (await ask(formRequest('/introspect', 'api-server', { token }))).json()) as Record<string, unknown>,
    bundle: async () => {
      const response = await ask(new Request(`${ISSUER}/revocations`))
      const jwt = await response.text()
      const jwks = (await (await ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet
      const options = { issuer: ISSUER, typ: 'revocations+jwt', currentDate: new Date(now * 1000) }
      return { response, claims: (await jwtVerify(jwt, createLocalJWKSet(jwks), options)).payload }
    },
  }
}

describe('GET /revocations', () => {
  it('is a signed JWT of its own type, that may be kept for seconds', async () => {
    const { bundle } = setUp()
    const { response, claims } = await bundle()
    expect(response.headers.get('content-type')).toBe('application/jwt')
    expect(response.headers.get('cache-control')).toBe('public, max-age=5')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(claims).toEqual({ iss: ISSUER, iat: NOW, exp: NOW + 3600, epoch: 7, seq: 7, salt: 'salt', events: {} })
  })

  it('is dated anew every 30 seconds, and not sent twice in between', async () => {
    const { ask, bundle, wait } = setUp()
    const etag = (await bundle()).response.headers.get('etag') ?? ''
    const again = async (): Promise<number> =>
      (await ask(new Request(`${ISSUER}/revocations`, { headers: { 'if-none-match': etag } }))).status
    wait(29)
    expect([etag, await again()]).toEqual([`W/"7-7-${NOW}"`, 304])
    wait(2)
    expect([await again(), (await bundle()).claims.iat]).toEqual([200, NOW + 30])
  })

  it('has what was revoked two seconds later, under hashes, until no token can live that it hits', async () => {
    const { ask, bundle, mint, wait } = setUp()
    await bundle()
    const token = await mint()
    await ask(formRequest('/revoke', 'service', { token }))
    wait(2)
    const { response, claims } = await bundle()
    expect(Object.keys((claims['events'] as { jti: object }).jti)).toHaveLength(1)
    expect(response.headers.get('etag')).toBe(`W/"7-8-${NOW}"`)
    wait(600 + 118)
    expect(Object.keys(((await bundle()).claims['events'] as { jti?: object }).jti ?? {})).toHaveLength(0)
  })

  it.each(['PUT', 'DELETE', 'PATCH'])('refuses %s', async (method) => {
    const response = await setUp().ask(new Request(`${ISSUER}/revocations`, { method }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  })

  it('does not exist without revocations, and neither does the metadata name it', async () => {
    const issuer = testIssuer()
    expect((await issuer.request(`${ISSUER}/revocations`)).status).toBe(404)
    const metadata = await (await issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)).json()
    expect(metadata).not.toHaveProperty('revocations_endpoint')
    const { ask } = setUp()
    const told = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(told).toMatchObject({ revocations_endpoint: `${ISSUER}/revocations`, revocations_max_delay: 20 })
  })
})

describe('an operator', () => {
  it('revokes a person: refresh tokens, sessions and access tokens of before, and nothing of after (H49)', async () => {
    const { approve, operate, introspect, ask, person, wait } = setUp()
    const alice = person()
    await alice.answer('allow')
    const { app, access_token, refresh_token = '' } = await approve('web')
    const bob = await approve('web', 'bob')
    expect(await (await operate({ kind: 'sub', value: 'alice' })).json()).toEqual({
      revoked: 'sub',
      effective_within: 20,
    })
    wait(5)
    expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
    expect(await introspect(access_token)).toEqual({ active: false })
    expect(await introspect(bob.access_token)).toMatchObject({ active: true })
    expect((await bob.app.refresh(bob.refresh_token ?? '')).status).toBe(200)
    expect((await alice.browser.get(authorizeUrl())).headers.get('location')).toMatch(/^https:\/\/login\.example/)
    wait(10)
    const later = await approve('web')
    expect(await introspect(later.access_token)).toMatchObject({ active: true })
    expect((await ask(tokenRequest())).status).toBe(200)
  })

  it('revokes a client, for all its people', async () => {
    const { approve, operate, introspect, wait } = setUp()
    const [web, pub] = [await approve('web'), await approve('pub')]
    await operate({ kind: 'client', value: 'web' })
    wait(5)
    expect((await readAnswer(await web.app.refresh(web.refresh_token ?? ''))).error).toBe('invalid_grant')
    expect(await introspect(web.access_token)).toEqual({ active: false })
    expect(await introspect(pub.access_token)).toMatchObject({ active: true })
  })

  it('revokes a grant, for good', async () => {
    const { approve, operate, introspect, wait } = setUp()
    const [one, other] = [await approve('web'), await approve('web')]
    await operate({ kind: 'grant', value: String((await introspect(one.access_token))['gid']) })
    wait(5)
    expect(await introspect(one.access_token)).toEqual({ active: false })
    expect((await readAnswer(await one.app.refresh(one.refresh_token ?? ''))).error).toBe('invalid_grant')
    expect(await introspect(other.access_token)).toMatchObject({ active: true })
  })

  it.each(['r1', `r1.${Math.floor(NOW / 86_400)}`])('revokes what was made with the key %s (C26)', async (kid) => {
    const { mint, operate, introspect, wait } = setUp()
    const token = await mint()
    await operate({ kind: 'kid', value: kid })
    wait(5)
    expect(await introspect(token)).toEqual({ active: false })
    // A key is never good again.
    expect(await introspect(await mint())).toEqual({ active: false })
  })

  it.each<[string, Asker, Readonly<Record<string, string>>, number, string]>([
    ['nobody', undefined, { kind: 'sub', value: 'alice' }, 401, 'invalid_client'],
    ['a client', 'service', { kind: 'sub', value: 'alice' }, 400, 'unauthorized_client'],
    ['a resource server', 'api-server', { kind: 'sub', value: 'alice' }, 400, 'unauthorized_client'],
    ['no kind', 'operator', { value: 'alice' }, 400, 'invalid_request'],
    ['no value', 'operator', { kind: 'sub' }, 400, 'invalid_request'],
    ['another kind', 'operator', { kind: 'jti', value: 'x' }, 400, 'invalid_request'],
    ['a kind of the prototype', 'operator', { kind: 'constructor', value: 'x' }, 400, 'invalid_request'],
  ])('%s is refused, and nothing is revoked', async (_, asker, form, status, error) => {
    const { ask, bundle } = setUp()
    const response = await ask(formRequest('/revocations', asker, form))
    expect([response.status, await response.json()]).toEqual([status, { error, error_description: expect.any(String) }])
    expect((await bundle()).claims['seq']).toBe(7)
  })

  const today = Math.floor(NOW / 86_400)

  it.each<[string, string]>([
    ['client', 'nosuchclient'],
    ['client', 'Web'],
    ['client', 'constructor'],
    // They are given nothing that could be revoked.
    ['client', 'operator'],
    ['client', 'api-server'],
    ['kid', 'r2'],
    ['kid', `r2.${today}`],
    ['kid', `r1.${today - 1}`],
    ['kid', `r1.${today + 1000}`],
    ['kid', `r1.${today}.2`],
    ['kid', `r1.0${today}`],
    ['kid', `r1.${today}-RS256`],
    ['kid', 'alice'],
    ['sub', 'client:nosuchclient'],
    ['sub', 'external:nobody:alice'],
  ])(
    'is not told that %s %j, which no setting and no ring knows, was revoked, unless unknown=true is written',
    async (kind, value) => {
      const { operate, bundle, lines, wait } = setUp()
      for (const unknown of [{}, { unknown: 'false' }, { unknown: '1' }]) {
        const response = await operate({ kind, value, ...unknown })
        expect([response.status, await response.json()]).toEqual([
          400,
          {
            error: 'unknown_value',
            error_description: 'No setting and no key is called so; with unknown=true it is revoked all the same.',
          },
        ])
      }
      expect((await bundle()).claims['seq']).toBe(7)
      expect(lines).toContainEqual(expect.objectContaining({ event: 'revocations', detail: `no such ${kind}` }))
      expect(await (await operate({ kind, value, unknown: 'true' })).json()).toEqual({
        revoked: kind,
        effective_within: 20,
      })
      wait(5)
      expect((await bundle()).claims['seq']).not.toBe(7)
    },
  )

  it.each([
    ['client', 'web'],
    ['client', 'odd id:%+&'],
    ['kid', `r1.${today}`],
    ['kid', `r1.${today}-Ed25519`],
    ['sub', 'anybody at all'],
    ['sub', 'client:service'],
    ['sub', `external:ci:repo:acme/app`],
    ['grant', 'any'],
  ])('revokes %s %j as it is: it is known, or nobody can know', async (kind, value) => {
    expect((await setUp().operate({ kind, value })).status).toBe(200)
  })

  it('revokes the key of a branch that some resource has, and of the ones before', async () => {
    const resources = { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], branch: 3 } }
    const statuses = [2, 3, 4].map(async (branch) => {
      const { operate } = setUp({ resources } as never)
      return (await operate({ kind: 'kid', value: `r1.${today}.${branch}` })).status
    })
    expect(await Promise.all(statuses)).toEqual([200, 200, 400])
  })

  it('gets no tokens', async () => {
    const response = await setUp().ask(tokenRequest({ client: 'operator' }))
    expect(await response.json()).toMatchObject({ error: 'unauthorized_client' })
  })
})

describe('without a list of revocations', () => {
  it('an access token cannot be revoked, and nobody is told that it was', async () => {
    const { ask, mint } = setUp({ revocations: undefined as never })
    const response = await ask(formRequest('/revoke', 'service', { token: await mint() }))
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'unsupported_token_type', error_description: expect.any(String) },
    ])
  })

  it('a refresh token can', async () => {
    const { ask, approve, introspect } = setUp({ revocations: undefined as never })
    const { app, access_token, refresh_token = '' } = await approve('web')
    expect((await ask(formRequest('/revoke', 'web', { token: refresh_token }))).status).toBe(200)
    expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
    expect(await introspect(access_token)).toEqual({ active: false })
  })
})

describe.each(['throws', 'hangs'] as const)('a list that %s (F08, H48)', (fault) => {
  /** Returns a list that fails as long as it is told to. */
  function failing() {
    const real = createMemoryRevocations('salt', () => 0)
    let isFailing = true
    const maybe = async (): Promise<void> => {
      if (!isFailing) return
      if (fault === 'throws') throw new Error('secret-internal-detail')
      await new Promise(() => {})
    }
    const revocations: Revocations = {
      add: async (...of) => maybe().then(() => real.add(...of)),
      read: async (...of) => maybe().then(() => real.read(...of)),
    }
    return {
      revocations,
      mend: () => {
        isFailing = false
      },
      spoil: () => {
        isFailing = true
      },
    }
  }
  const act = async <Answer>(run: () => Answer | Promise<Answer>): Promise<Answer> => {
    const realInterval = setInterval
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const ticker = realInterval(() => vi.advanceTimersByTime(500), 1)
    try {
      return await run()
    } finally {
      clearInterval(ticker)
      vi.useRealTimers()
    }
  }

  it('is 503 and never 200, and the same request works when it is tried again as told', async () => {
    const { revocations, mend } = failing()
    const { ask, mint, operate, bundle, lines, wait } = setUp({ revocations })
    const token = await mint()
    const requests = [
      () => ask(formRequest('/revoke', 'service', { token })),
      () => operate({ kind: 'sub', value: 'alice' }),
      () => ask(new Request(`${ISSUER}/revocations`)),
      () => ask(formRequest('/introspect', 'api-server', { token })),
    ]
    for (const request of requests) {
      const response = await act(request)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
      expect(await response.json()).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) })
    }
    expect(JSON.stringify(lines)).not.toContain('secret-internal-detail')
    mend()
    wait(2)
    for (const request of requests) expect((await request()).status).toBe(200)
    // A token; a person, as the issuer knows her, and under a name for each resource.
    const before = 2 + Object.keys(VARS.RESOURCES).length
    expect((await bundle()).claims['seq']).toBe(before)
  })

  it('stops a refresh, too: nobody can tell whether it was revoked', async () => {
    const { revocations, mend, spoil } = failing()
    mend()
    const { approve, wait } = setUp({ revocations })
    const { app, refresh_token = '' } = await approve('web')
    spoil()
    wait(5)
    expect((await act(() => app.refresh(refresh_token))).status).toBe(503)
    mend()
    wait(2)
    expect((await app.refresh(refresh_token)).status).toBe(200)
  })
})

// promise: F08
it('a guard that is down makes revoking a refresh token 503, and the token works afterwards (F08)', async () => {
  const real = createMemoryGuard(() => NOW)
  let isDown = false
  const end: typeof real.end = async (...of) => (isDown ? Promise.reject(new Error('down')) : real.end(...of))
  const { ask, approve } = setUp({ guard: { ...real, end } })
  const { app, refresh_token = '' } = await approve('web')
  isDown = true
  expect((await ask(formRequest('/revoke', 'web', { token: refresh_token }))).status).toBe(503)
  isDown = false
  expect((await app.refresh(refresh_token)).status).toBe(200)
})

describe('too many failed authentications from one address (H38)', () => {
  const bad = { authorization: `Basic ${btoa('service:wrong')}` }
  it.each<[string, () => Request]>([
    ['POST /token', () => tokenRequest({ headers: bad })],
    ['POST /introspect', () => formRequest('/introspect', undefined, { token: 'x' }, bad)],
    ['POST /revoke', () => formRequest('/revoke', undefined, { token: 'x' }, bad)],
    ['POST /revocations', () => formRequest('/revocations', undefined, { kind: 'sub', value: 'x' }, bad)],
    ['GET /keys', () => getRequest('/keys', undefined, bad)],
  ])('are 429 at %s, and never stop a client with its secret', async (_, request) => {
    let left = 2
    const { ask } = setUp({ allowFailure: async () => left-- > 0 })
    const answers = [await ask(request()), await ask(request()), await ask(request())]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429])
    expect(answers[2]?.headers.get('retry-after')).toBe('60')
    expect(answers[2]?.headers.get('www-authenticate')).toBeNull()
    expect(await answers[2]?.json()).toMatchObject({ error: 'slow_down' })
    expect((await ask(tokenRequest())).status).toBe(200)
  })
})

describe('a bundle', () => {
  const good = { seq: 1, salt: 's', events: { sub: { x: 1 }, later: { y: 1 } } }
  it('is read with the kinds that are known', () => {
    expect(readBundle(good)).toEqual({ seq: 1, salt: 's', events: { sub: { x: 1 } } })
  })

  it.each([
    { ...good, seq: '1' },
    { ...good, seq: 1.5 },
    { ...good, salt: '' },
    { ...good, salt: 7 },
    { ...good, events: null },
    { ...good, events: 'x' },
  ])('like %j is none', (claims) => {
    expect(readBundle(claims)).toBeUndefined()
  })

  it('finds nothing in the prototype', () => {
    const target = { sub: 'alice', client_id: 'app', iat: 0 }
    expect(isRevoked({ seq: 0, salt: 's', events: { sub: Object.create({ any: 1 }) } }, target)).toBe(false)
  })
})
