import { afterEach, describe, expect, it, vi } from 'vitest'
import { createKeyring, type Purpose } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type Guard, type IssuerSettings } from '../../src/index.ts'
import { openEnvelope, readOutside } from '../../src/token/envelope.ts'
import { API, API2, basic, ISSUER, NOW, secretHash, testRing } from '../house.ts'
import { APP_SECRET, CANARY, createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { hiddenField } from '../parties/person.ts'

const SERVER_SECRET = 'server-secret'
const GATEWAY_SECRET = 'gateway-secret'
const PURPOSES: readonly Purpose[] = [
  ...(['code', 'refresh', 'session', 'remember', 'login', 'consent', 'par', 'apps', 'device', 'provider'] as const),
  'userinfo',
]
const SETTINGS = {
  resources: {
    [API]: {
      scopes: ['read'],
      provider_token: 'github',
      provider_scope: 'repo',
      exchange: true,
      signed_introspection: true,
    },
    [API2]: { scopes: ['mail'] },
  },
  openid: { claims: ['name'] },
  clients: {
    app: {
      secret_hash: secretHash(APP_SECRET),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/cb'],
      resources: [API, API2],
      scopes: ['read', 'mail', 'openid', 'profile'],
      id_token_signed_response_alg: 'ES256',
    },
    server: { kind: 'resource_server', secret_hash: secretHash(SERVER_SECRET), resources: [API] },
    gateway: {
      secret_hash: secretHash(GATEWAY_SECRET),
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      resources: [API2],
      scopes: ['mail'],
      exchange: [{ from: [API], to: [API2], scopes: { mail: 'read' }, impersonation: true }],
    },
  },
} as const

/** Returns a guard that tells all that it is told, and all that it answers. */
function overheard(guard: Guard, hear: (text: string) => void): Guard {
  return new Proxy(guard, {
    get:
      (target, name: keyof Guard) =>
      async (...told: unknown[]) => {
        const answer = await (target[name] as (...of: unknown[]) => Promise<unknown>)(...told)
        hear(JSON.stringify([name, told, answer]))
        return answer
      },
  })
}

/** What of an issuer somebody can see who is not the API: all of it, and what stands in it. */
async function listen(changes: Partial<IssuerSettings> = {}) {
  const seen: { readonly where: string; readonly text: string }[] = []
  const hear =
    (where: string) =>
    (...texts: readonly unknown[]) =>
      seen.push({ where, text: texts.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(' ') })
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation(hear('console'))
  const given = createTestProvider()
  given.tokens = {
    accessToken: `${CANARY}-access`,
    refreshToken: `${CANARY}-refresh`,
    expiresAt: NOW + 30,
    scope: ['repo'],
  }
  const revoke = vi.fn(async () => {})
  Object.assign(given.provider, {
    revoke,
    refresh: async () => ({
      accessToken: `${CANARY}-access-2`,
      refreshToken: `${CANARY}-refresh-2`,
      expiresAt: NOW + 3600,
      scope: ['repo'],
    }),
  })
  const answers: Promise<unknown>[] = []
  const there = createHandOver(
    given,
    {
      ...SETTINGS,
      guard: overheard(
        createMemoryGuard(() => NOW),
        hear('guard'),
      ),
      revocations: createMemoryRevocations('salt'),
      log: hear('log'),
      claims(...told) {
        hear('claims hook')(told, Object.getOwnPropertyNames(told[0]), told[0].providerToken)
        return { tenant: 'blue', provider_token: 'mine' }
      },
      response(...told) {
        hear('response hook')(told, Object.getOwnPropertyNames(told[0]), told[0].providerToken)
        return { note: 'x' }
      },
      ...changes,
    },
    (request, response) => {
      answers.push(
        request.text().then(hear('request')),
        Promise.resolve([request.url, ...request.headers]).then((heads) => hear('request')(heads.flat().join(' '))),
        response.text().then(hear(`answer of ${new URL(request.url).pathname}`)),
      )
      hear(`headers of ${new URL(request.url).pathname}`)([...response.headers].flat().join(' '))
    },
  )
  /** Asks by a form, as a client. */
  const post = async (path: string, id: string, secret: string, form: Record<string, string>, accept = '*/*') => {
    const headers = { authorization: basic(id, secret), 'content-type': 'application/x-www-form-urlencoded', accept }
    const init = { method: 'POST', headers, body: new URLSearchParams(form).toString() }
    return there.ask(new Request(`${ISSUER}${path}`, init))
  }
  const get = (path: string, headers: Record<string, string> = {}) =>
    there.ask(new Request(`${ISSUER}${path}`, { headers }))
  return {
    ...there,
    given,
    revoke,
    post,
    get,
    async seen() {
      await Promise.all(answers)
      return seen
    },
  }
}

/** Opens every envelope, and reads every signed object, that stands in a text: with all the keys that there are. */
async function openAll(text: string): Promise<readonly { readonly what: string; readonly inside: string }[]> {
  const keyring = createKeyring(testRing(NOW), ISSUER)
  const leaves = [
    ...PURPOSES.map((purpose) => keyring.leavesFor(purpose, '', 'A256GCM', 86_400 * 400)),
    ...[API, API2].map((uri) => keyring.leavesFor('access', uri, 'A256GCM', 600)),
  ]
  const names = [...PURPOSES, `access ${API}`, `access ${API2}`]
  const opened = (text.match(/eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/g) ?? []).map(async (envelope) => {
    const { typ } = readOutside(envelope)
    for (const [index, some] of leaves.entries()) {
      const one = await openEnvelope(envelope, typ, some, NOW).catch(() => undefined)
      if (one !== undefined) return { what: names[index] ?? '', inside: JSON.stringify(one.facts) }
    }
    throw new Error(`an envelope that no key opens: ${typ}`)
  })
  const signed = (text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []).map((jws) => ({
    what: 'signed',
    inside: new TextDecoder().decode(
      Uint8Array.from(atob((jws.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')), (c) =>
        c.charCodeAt(0),
      ),
    ),
  }))
  return [...(await Promise.all(opened)), ...signed]
}

/** Tells where a canary stands: in plain text, and in which envelopes. */
async function find(seen: readonly { readonly where: string; readonly text: string }[]) {
  const plain = seen.filter(({ text }) => text.includes(CANARY)).map(({ where }) => where)
  const opened = (await Promise.all(seen.map(({ text }) => openAll(text)))).flat()
  // An envelope within an envelope.
  const within = (await Promise.all(opened.map(({ inside }) => openAll(inside)))).flat()
  const all = [...opened, ...within]
  return {
    plain,
    kinds: new Set(all.map(({ what }) => what)),
    inside: new Set(all.filter(({ inside }) => inside.includes(CANARY)).map(({ what }) => what)),
  }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe("a provider's tokens", () => {
  // promise: Y02
  it('stand in the envelope for their API, and in the one that lies at the guard: nowhere else of all that there is', async () => {
    const there = await listen()
    const asked = { scope: 'read mail openid profile', resource: `${API} ${API2}` }
    const tokens = await there.login(asked)
    expect((await there.open((await refresh(API)).access_token)).providerToken).toBe(`${CANARY}-access-2`)

    async function refresh(resource: string) {
      return there.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, resource })
    }
    const own = (await refresh(API)).access_token
    const others = (await refresh(API2)).access_token
    const person = (await refresh(`${ISSUER}/userinfo`)).access_token
    for (const token of [own, others])
      for (const accept of ['application/json', 'application/token-introspection+jwt'])
        expect((await there.post('/introspect', 'server', SERVER_SECRET, { token }, accept)).status).toBe(200)
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: own,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: API2,
    }
    expect(await (await there.post('/token', 'gateway', GATEWAY_SECRET, exchange)).json()).toMatchObject({
      access_token: expect.any(String),
    })
    expect((await there.get('/userinfo', { authorization: `Bearer ${person}` })).status).toBe(200)
    expect((await there.get('/userinfo', { authorization: `Bearer ${own}` })).status).toBe(401)
    expect((await there.get('/keys', { authorization: basic('server', SERVER_SECRET) })).status).toBe(200)
    for (const path of ['/', '/jwks', '/healthz', '/.well-known/oauth-authorization-server']) await there.get(path)

    // Once more, and what a person sees of it.
    const again = await there.authorize(asked)
    expect(again.searchParams.get('code')).toBeTruthy()
    const apps = await (await there.browser.get(`${ISSUER}/apps`)).text()
    await there.browser.post(`${ISSUER}/apps`, { press: hiddenField(apps, 'press') }, { origin: ISSUER })
    await there.post('/revoke', 'app', APP_SECRET, { token: own })
    await there.post('/revoke', 'app', APP_SECRET, { token: tokens.refresh_token ?? '' })
    await there.get('/revocations')
    await there.browser.get(`${ISSUER}/logout`)
    await there.settled()
    expect(there.revoke).toHaveBeenCalledOnce()

    const { plain, kinds, inside } = await find(await there.seen())
    expect(plain).toEqual([])
    expect([...inside].sort()).toEqual([`access ${API}`, 'provider'])
    // Else it would have looked at nothing.
    for (const one of [
      'code',
      'refresh',
      'session',
      'login',
      'par',
      'consent',
      'apps',
      `access ${API2}`,
      'userinfo',
      'signed',
    ])
      expect(kinds).toContain(one)
    expect((await there.seen()).map(({ where }) => where)).toEqual(
      expect.arrayContaining(['claims hook', 'response hook', 'log', 'guard']),
    )
  })

  it('stand in no answer and no log where something throws with them near', async () => {
    const failing = async (
      changes: Partial<IssuerSettings>,
      act = (there: Awaited<ReturnType<typeof listen>>) => there.login() as Promise<unknown>,
    ) => {
      const there = await listen(changes)
      await act(there)
      const { plain, inside } = await find(await there.seen())
      return [plain, [...inside].filter((one) => one !== 'provider' && one !== `access ${API}`)]
    }
    const memory = createMemoryGuard(() => NOW)
    const broken = (name: 'leave' | 'look' | 'spend'): Guard => ({
      ...memory,
      [name]: async (...told: unknown[]) => {
        throw new Error(JSON.stringify(told))
      },
    })
    for (const changes of [
      { guard: broken('leave') },
      { guard: broken('look') },
      { guard: broken('spend') },
      {
        claims(...told: unknown[]) {
          throw new Error(JSON.stringify(told))
        },
      },
      {
        response(...told: unknown[]) {
          throw new Error(JSON.stringify(told))
        },
      },
    ])
      expect(await failing(changes)).toEqual([[], []])
  })

  it('stand in no word of a login that fails for what the provider gave', async () => {
    for (const [accessToken, scope] of [
      [`${CANARY} two words`, ['repo']],
      [`${CANARY}\r\nx: y`, ['repo']],
      [`${CANARY}${'x'.repeat(4000)}`, ['repo']],
      [`${CANARY}-access`, ['user']],
    ] as const) {
      const there = await listen()
      there.given.tokens = { accessToken, scope, refreshToken: `${CANARY}-refresh` }
      expect((await there.authorize()).href).toBe('page:400')
      const { plain, inside } = await find(await there.seen())
      expect([plain, [...inside]]).toEqual([[], []])
    }
  })
})
