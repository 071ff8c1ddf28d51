import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, type Issuer, type IssuerSettings } from '../../src/index.ts'
import { API, ISSUER, NOW, testIssuer, testSettings, VARS } from '../fixtures.ts'
import { createProvider } from '../parties/openid_provider.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

const PAGE = 'https://page.example'

/** What an issuer may be beside one that gives out tokens, as far as its metadata tell. */
const KINDS: readonly (readonly [string, (issuer: string) => Pick<Issuer, 'fetch'>])[] = [
  ['is no OpenID provider', (issuer) => testIssuer({ issuer })],
  [
    'logs nobody in',
    (issuer) =>
      createIssuer({ ...withoutPersons(), issuer, keyRing: testSettings().keyRing, log: () => {}, now: () => NOW }),
  ],
  ['is an OpenID provider', (issuer) => ({ fetch: async (request) => createProvider({ issuer }).ask(request) })],
  [
    'lets strangers in',
    (issuer) => {
      const registration = { resources: [API], scopes: ['read'] }
      return testIssuer({ issuer, registration, registrationKeys: REGISTRATION_KEYS[0] } as Partial<IssuerSettings>)
    },
  ],
]

function withoutPersons(): Pick<IssuerSettings, 'resources' | 'clients' | 'guard'> {
  const { service } = VARS.CLIENTS
  const clients = { service: { ...service, authorization_details_types: [] } }
  return { resources: VARS.RESOURCES, clients, guard: createMemoryGuard(() => NOW) }
}

/** Where an issuer with this path has its metadata. */
const placesOf = (path: string): readonly string[] => [
  ...new Set([
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/openid-configuration`,
    `${path}/.well-known/oauth-authorization-server`,
  ]),
]

const read = async (issuer: Pick<Issuer, 'fetch'>, place: string, init: RequestInit = {}) => {
  const response = await issuer.fetch(new Request(`${ISSUER}${place}`, init))
  const { status, headers } = response
  // The one thing that is of each answer alone.
  headers.delete('request-id')
  return { status, headers, body: await response.text() }
}

describe.each(['', '/tenant', '/tenant/a'])('the metadata of an issuer with the path %j', (path) => {
  const issuer = `${ISSUER}${path}`
  const places = placesOf(path)

  it.each(KINDS)('are one document, byte by byte, wherever a client looks for them, if it %s', async (_, make) => {
    const one = make(issuer)
    const all = await Promise.all(places.map((place) => read(one, place)))
    const [first] = all
    const told = ({ status, headers, body }: (typeof all)[number]) => [status, [...headers], body]
    for (const other of all) expect(told(other)).toEqual(told(first ?? other))
    expect([first?.status, first?.headers.get('content-type')]).toEqual([200, 'application/json'])
    const { issuer: name, token_endpoint } = JSON.parse(first?.body ?? '')
    expect([name, token_endpoint]).toEqual([issuer, `${issuer}/token`])
  })

  it('are nowhere else', async () => {
    const elsewhere = ['', '/tenant', '/tenant/a', '/tenant/a/b']
      .flatMap((other) => placesOf(other).flatMap((place) => [place, `${place}/`]))
      .filter((place) => !places.includes(place))
    for (const place of elsewhere)
      expect([place, (await read(testIssuer({ issuer }), place)).status]).toEqual([place, 404])
  })

  it('may be read from any origin, with any header, for five minutes', async () => {
    for (const place of places) {
      for (const origin of [PAGE, 'http://localhost:6274', 'null', 'vscode-webview://x']) {
        const asked = 'mcp-protocol-version,authorization,x-anything'
        const method = { 'access-control-request-method': 'GET', 'access-control-request-headers': asked }
        const preflight = await read(testIssuer({ issuer }), place, {
          method: 'OPTIONS',
          headers: { origin, ...method },
        })
        expect([preflight.status, preflight.body]).toEqual([204, ''])
        expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
        expect(preflight.headers.get('access-control-allow-headers')).toBe(asked)
        expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
        const headers = { origin, 'mcp-protocol-version': '2026-07-28' }
        const answer = await read(testIssuer({ issuer }), place, { headers })
        expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
        expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
      }
      expect((await read(testIssuer({ issuer }), place, { method: 'OPTIONS' })).status).toBe(204)
    }
  })

  it('have no body for HEAD, and the headers of GET', async () => {
    for (const place of places) {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => read(testIssuer({ issuer }), place, { method })),
      )
      expect([head?.status, head?.body]).toEqual([200, ''])
      expect([...(head?.headers ?? [])]).toEqual([...(get?.headers ?? [])])
    }
  })

  it('are not sent again to who has them, by whichever of the addresses, also when a proxy has packed them', async () => {
    const one = testIssuer({ issuer })
    const etag = (await read(one, places[0] ?? '')).headers.get('etag') ?? ''
    // The bytes are the same: a strong tag. Who packs them makes it a weak one (RFC 9110 §8.8.1), which is compared weakly.
    expect(etag).toMatch(/^"[0-9a-f]+"$/)
    for (const place of places) {
      for (const held of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await read(one, place, { headers: { origin: PAGE, 'if-none-match': held } })
        expect([again.status, again.body]).toEqual([304, ''])
        for (const [name, value] of [
          ['etag', etag],
          ['cache-control', 'public, max-age=300'],
          ['access-control-allow-origin', '*'],
        ] as const)
          expect(again.headers.get(name)).toBe(value)
      }
      expect((await read(one, place, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    }
    const [{ headers }] = [
      await read(
        testIssuer({ issuer, resources: { ...VARS.RESOURCES, 'https://new.example': { scopes: ['new'] } } }),
        places[0] ?? '',
      ),
    ]
    expect(headers.get('etag')).not.toBe(etag)
  })

  it('take no form', async () => {
    for (const place of places) {
      const { status, headers } = await read(testIssuer({ issuer }), place, {
        method: 'POST',
        headers: { origin: PAGE },
      })
      expect([status, headers.get('allow'), headers.get('access-control-allow-origin')]).toEqual([
        405,
        'GET, HEAD',
        '*',
      ])
    }
  })

  it.each(KINDS)('name no endpoint but below the issuer, if it %s', async (_, make) => {
    const metadata = JSON.parse((await read(make(issuer), places[0] ?? '')).body)
    const urls = Object.entries(metadata).filter(([name]) => /(?:_endpoint|_uri)$/.test(name))
    expect(urls.length).toBeGreaterThan(3)
    for (const [, url] of urls) expect(String(url).startsWith(`${issuer}/`)).toBe(true)
  })

  it('say nothing of who logs in where nobody is told, whatever address they are asked at', async () => {
    for (const place of places) {
      const { body } = await read(testIssuer({ issuer }), place)
      for (const name of Object.keys(JSON.parse(body)))
        expect(name).not.toMatch(/userinfo|id_token|claim|subject_types|acr_values|end_session|logout/)
      expect(JSON.parse(body).scopes_supported).not.toContain('openid')
    }
    expect((await read(testIssuer({ issuer }), `${path}/userinfo`)).status).toBe(404)
  })
})
