import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/verifier/index.ts'
import { ISSUER, NOW } from '../fixtures.ts'
import { type Place, startPlace } from '../parties/agents/place.ts'
import { APP, CLIENT, createDocumentIssuer } from '../parties/client_documents.ts'
import { mcpOptions, sealFor } from '../parties/mcp_server.ts'
import { type Changes, VERIFIER } from '../parties/person.ts'
import { createWalkInIssuer, METADATA, type Registered, type WalkInIssuer } from '../parties/walk_in.ts'

/**
 * What clients in the field do by habit, each as public reports tell of it, and that it works here.
 */
const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback'

/** Lets the person say yes, and exchanges the code. */
async function tokens(issuer: WalkInIssuer, client: Registered, redirect_uri: string): Promise<Record<string, string>> {
  const back = await issuer.authorize(client, { redirect_uri })
  expect(back.href.startsWith(redirect_uri)).toBe(true)
  const code = back.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: VERIFIER }
  return (await issuer.token(client, form)).json() as Promise<Record<string, string>>
}

/** Asks with a redirect URI, and tells whether the person is asked. */
async function isTaken(issuer: WalkInIssuer, client: Registered, redirect_uri: string): Promise<boolean> {
  const response = await issuer.question(client, { redirect_uri } as Changes)
  return response.status === 200 && (await response.text()).includes('name="consent"')
}

describe('redirect URIs', () => {
  it('3: Claude Code publishes a loopback URI without a port, and asks with a random one', async () => {
    const issuer = createDocumentIssuer()
    issuer.publish({ redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'] })
    for (const uri of ['http://localhost:51234/callback', 'http://127.0.0.1:64000/callback'])
      expect(await tokens(issuer, CLIENT, uri)).toHaveProperty('access_token')
  })

  it("4: Copilot's command publishes one port, and asks with another", async () => {
    const issuer = createDocumentIssuer()
    issuer.publish({ redirect_uris: ['http://127.0.0.1:33418/'] })
    expect(await tokens(issuer, CLIENT, 'http://127.0.0.1:40001/')).toHaveProperty('access_token')
  })

  it('5: goose is answered at [::1], does not list refresh tokens, and refreshes all the same', async () => {
    const redirect_uri = 'http://[::1]:5000/callback'
    const said = {
      redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
      grant_types: ['authorization_code'],
    }
    const issuer = createDocumentIssuer()
    issuer.publish(said)
    for (const client of [CLIENT, await issuer.register(said)]) {
      const { refresh_token } = await tokens(issuer, client, redirect_uri)
      const refreshed = await issuer.token(client, { grant_type: 'refresh_token', refresh_token })
      expect(await refreshed.json()).toHaveProperty('access_token')
    }
  })

  it('7: VS Code registers two pages of its site and two loopback URIs with a slash, and asks with any port', async () => {
    const issuer = createWalkInIssuer()
    const sites = ['https://vscode.dev/redirect', 'https://insiders.vscode.dev/redirect']
    const client = await issuer.register({ redirect_uris: ['http://127.0.0.1/', 'http://127.0.0.1:33418/', ...sites] })
    for (const uri of ['http://127.0.0.1:40000/', 'http://127.0.0.1:33418/', ...sites])
      expect(await isTaken(issuer, client, uri), uri).toBe(true)
  })

  it('8, 9: Cursor registers three at once, one by a scheme of its own, and says that it is for the web', async () => {
    const issuer = createWalkInIssuer()
    const redirect_uris = [CURSOR, 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback']
    const client = await issuer.register({ redirect_uris, application_type: 'web' })
    expect(client).toMatchObject({ redirect_uris })
    expect(await tokens(issuer, client, CURSOR)).toHaveProperty('access_token')
  })

  it('11: ChatGPT has one of its own for each connector, and is answered at exactly that', async () => {
    const issuer = createWalkInIssuer()
    const uri = 'https://chatgpt.com/connector/oauth/abcDEF123'
    const client = await issuer.register({ redirect_uris: [uri] })
    expect(await isTaken(issuer, client, uri)).toBe(true)
    for (const other of [
      'https://chatgpt.com/connector/oauth/abcDEF124',
      `${uri}/`,
      'https://chatgpt.com/connector_platform_oauth_redirect',
    ])
      expect(await isTaken(issuer, client, other), other).toBe(false)
  })
})

describe('registration', () => {
  const BODIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'what the SDK sends': {},
    'no name': { client_name: undefined },
    'no method': { token_endpoint_auth_method: undefined },
    'empty members': { client_uri: '', logo_uri: null, contacts: [], scope: '' },
  }

  it('12: Copilot Studio names no method, and needs a secret', async () => {
    const issuer = createWalkInIssuer()
    const redirect_uris = ['https://global.consent.azure-apim.net/redirect/my-tool']
    const client = await issuer.register({ redirect_uris, token_endpoint_auth_method: undefined })
    expect(client).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: expect.any(String),
    })
  })

  it.each(Object.entries(BODIES))(
    '19, 20: the SDK fails on null and on empty texts, and needs all of it back, with an end of the secret that is a number: %s',
    async (_, body) => {
      const client = await createWalkInIssuer().register(body)
      expect(client).toMatchObject({ redirect_uris: METADATA['redirect_uris'], client_id_issued_at: NOW })
      for (const value of Object.values(client)) expect(value === null || value === '').toBe(false)
      expect(client['client_secret_expires_at']).toBe('client_secret' in client ? 0 : undefined)
    },
  )

  it('21: nobody is told of an address to change it at: there is none', async () => {
    const client = await createWalkInIssuer().register()
    expect(client).not.toHaveProperty('registration_client_uri')
    expect(client).not.toHaveProperty('registration_access_token')
  })

  it('22: members that registrations do not have are passed over, whatever they are', async () => {
    const client = await createWalkInIssuer().register({ resource: 'https://elsewhere.example', extra: { deep: [1] } })
    expect(client).toHaveProperty('client_id')
    expect(client).not.toHaveProperty('resource')
  })
})

describe('at the MCP server', () => {
  const scope = 'tools:read tools:write'
  const ask = async (token: string | undefined): Promise<Response> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const verifier = createVerifier({
      ...mcpOptions,
      resourceMetadata: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
    })
    const verification = await verifier.verify(new Request(mcpOptions.resource, { headers }), { scope })
    return verification.ok ? new Response() : verification.response
  }

  it('30: the SDK of version 1 cannot step up with a refresh token: the first 401 asks for all', async () => {
    expect((await ask(undefined)).headers.get('www-authenticate')).toContain(`scope="${scope}"`)
  })

  it('31: whoever steps up asks for what the challenge says, and nothing of before: a 403 names all that is needed', async () => {
    const refused = await ask(await sealFor(['tools:read']))
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain(`scope="${scope}"`)
  })
})

describe('discovery', () => {
  const ASKED = {
    origin: 'https://inspector.example',
    'access-control-request-headers': 'content-type,mcp-protocol-version',
  }
  let place: Place
  beforeAll(async () => {
    place = await startPlace('Node', { path: '/tenant' })
  })
  afterAll(() => place?.stop())
  const preflight = (url: string, method: string): Promise<Response> =>
    fetch(url, { method: 'OPTIONS', headers: { ...ASKED, 'access-control-request-method': method } })
  const allowed = ({ headers }: Response): string => (headers.get('access-control-allow-headers') ?? '').toLowerCase()
  const metadata = (): string => `${new URL(place.issuer).origin}/.well-known/oauth-authorization-server/tenant`

  it('36: pages ask metadata, /register and /token with a header of MCP', async () => {
    for (const [url, method] of [
      [metadata(), 'GET'],
      [`${place.issuer}/register`, 'POST'],
      [`${place.issuer}/token`, 'POST'],
    ] as const) {
      const response = await preflight(url, method)
      expect(response.headers.get('access-control-allow-origin'), url).toBe('*')
      expect(allowed(response), url).toMatch(/mcp-protocol-version|^\*$/)
    }
  })

  it('37: pages ask the MCP server: preflights are answered, and 401 and its metadata can be read', async () => {
    const { origin } = ASKED
    const { url } = place.server
    const answered = await preflight(url, 'POST')
    expect([answered.status, answered.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(allowed(answered)).toContain('mcp-protocol-version')
    const refused = await fetch(url, { method: 'POST', headers: { origin } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, '*'])
    expect(refused.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('www-authenticate')
    const told = await fetch(new URL('/.well-known/oauth-protected-resource/mcp', url), { headers: { origin } })
    expect([told.status, told.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
  })

  it('38: the metadata stand wherever a client looks for them', async () => {
    const { origin } = new URL(place.issuer)
    const names = ['oauth-authorization-server', 'openid-configuration']
    const urls = names.flatMap((name) => [
      `${origin}/.well-known/${name}/tenant`,
      `${place.issuer}/.well-known/${name}`,
    ])
    const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()))
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({ issuer: place.issuer })
    expect(new Set(texts).size).toBe(1)
  })

  it('39: all endpoints stand under the issuer', async () => {
    const told = (await (await fetch(metadata())).json()) as Record<string, unknown>
    const endpoints = Object.entries(told).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    expect(endpoints.length).toBeGreaterThan(3)
    for (const [, url] of endpoints) expect(String(url)).toMatch(`${place.issuer}/`)
  })

  it('40, 41: the metadata of the MCP server stand at its path and at the root, name it, and the challenge points at the path', async () => {
    const { url } = place.server
    const challenge = (await fetch(url, { method: 'POST' })).headers.get('www-authenticate')
    const atPath = new URL('/.well-known/oauth-protected-resource/mcp', url).href
    expect(challenge).toContain(`resource_metadata="${atPath}"`)
    for (const at of [atPath, new URL('/.well-known/oauth-protected-resource', url).href])
      expect(await (await fetch(at)).json()).toMatchObject({ resource: url, authorization_servers: [place.issuer] })
  })

  it('42: who answers is said where it is told that it is said: with a code, and with an error', async () => {
    const issuer = createWalkInIssuer()
    const told = (await (
      await issuer.ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    ).json()) as object
    expect(told).toMatchObject({ authorization_response_iss_parameter_supported: true })
    const client = await issuer.register()
    expect((await issuer.authorize(client)).searchParams.get('iss')).toBe(ISSUER)
    // Nothing leads to such a client by itself before its person said yes: the page's button does.
    const page = await (await issuer.question(client, { prompt: 'none' })).text()
    const [, back = ''] = /href="(http:\/\/127[^"]*)"/.exec(page) ?? []
    expect(new URL(back.replaceAll('&amp;', '&')).searchParams.get('iss')).toBe(ISSUER)
  })
})

describe('documents', () => {
  it('47: every endpoint knows a client whose id is a URL', async () => {
    const issuer = createDocumentIssuer()
    const { refresh_token = '' } = await tokens(issuer, CLIENT, 'http://127.0.0.1:33418/callback')
    const form = { grant_type: 'refresh_token', refresh_token }
    const refreshed = (await (await issuer.token(CLIENT, form)).json()) as { refresh_token: string }
    const revoked = await issuer.post('/revoke', { token: refreshed.refresh_token, ...CLIENT })
    expect(revoked.status).toBe(200)
    const ended = await issuer.token(CLIENT, { ...form, refresh_token: refreshed.refresh_token })
    expect([ended.status, await ended.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  })

  it('48: a redirect URI that is new in a document is seen before the kept one ends', async () => {
    const issuer = createDocumentIssuer()
    const uri = 'https://client.example/new'
    expect(await isTaken(issuer, CLIENT, 'https://client.example/cb')).toBe(true)
    issuer.publish({ redirect_uris: ['https://client.example/cb', uri] })
    expect(await isTaken(issuer, CLIENT, uri)).toBe(false)
    issuer.wait(31)
    expect(await isTaken(issuer, CLIENT, uri)).toBe(true)
  })

  it('49: nothing is fetched where a document redirects to, and nothing where the name is none of the public ones', async () => {
    const issuer = createDocumentIssuer()
    issuer.published.set(APP, () => Response.redirect('https://elsewhere.example/app.json', 302))
    expect(await isTaken(issuer, CLIENT, 'https://client.example/cb')).toBe(false)
    expect(issuer.fetched).toEqual([APP])
    for (const host of ['localhost', '127.0.0.1', '[::1]', '169.254.169.254', 'printer', 'box.local', 'x.internal']) {
      const client_id = `https://${host}/app.json`
      expect(await isTaken(issuer, { client_id }, 'https://client.example/cb'), host).toBe(false)
    }
    expect(issuer.fetched).toEqual([APP])
  })
})
