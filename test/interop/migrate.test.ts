import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstable_startWorker } from 'wrangler'
import { createRing, exportKeys, writeKeys, writeRing } from '../../keys/index.ts'
import { createIssuer, readBindings } from '../../src/index.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { testKey } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'

const ISSUER = 'https://auth.example.com'
const API = 'https://api.example.com'
const VERIFIER = join(ROOT, 'src/verifier/index.ts')

/** What the server of before made for its client, which keeps it. */
const SECRET = randomBytes(32).toString('base64url')

const now = Math.floor(Date.now() / 1000)
const ring = createRing({ now, key: testKey() })
const keysOf = (resource: string): string => writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now }))

/** Returns what the docs' own calls make of a secret: from its text, and from hexadecimal digits of its hash. */
async function hashesOf(secret: string): Promise<readonly string[]> {
  const hex = createHash('sha256').update(secret).digest('hex')
  const made = [
    run('bash', ['-ec', `SECRET='${secret}'\n${blockOf('migrate-secret')}`]),
    run('bash', ['-ec', `HEX=${hex}\n${blockOf('migrate-secret-hex')}`]),
  ]
  return (await Promise.all(made)).map(({ out }) => out.trim())
}

/** Returns a token of ours, for the client by the secret that it had before. */
async function mint(resource: string, secret_hash: string): Promise<string> {
  const scopes = ['orders:read', 'orders:write']
  const client = { secret_hash, grant_types: ['client_credentials'], resources: [resource], scopes }
  const issuer = createIssuer(
    readBindings({
      ISSUER,
      KEY_RING: writeRing(ring),
      GUARD: 'none',
      RESOURCES: { [resource]: { scopes } },
      CLIENTS: { billing: client },
    }),
  )
  const answer = await issuer.request(`${ISSUER}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`billing:${SECRET}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders:read', resource }),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

describe('an API that moves from oidc-provider', () => {
  const server: Server = createServer()
  let old = ''
  let ours = ''

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    old = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const { key_ops: _, ...jwk } = await crypto.subtle.exportKey('jwk', privateKey)
    const client = { client_id: 'billing', client_secret: SECRET, grant_types: ['client_credentials'] }
    const more = { redirect_uris: [], response_types: [], id_token_signed_response_alg: 'ES256' }
    const provider = new Provider(old, {
      clients: [{ ...client, ...more }],
      jwks: { keys: [{ ...jwk, kid: '1', alg: 'ES256', use: 'sig' }] },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        introspection: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({
            scope: 'orders:read orders:write',
            audience: resource.replace(/\?.*/, ''),
            accessTokenFormat: resource.endsWith('?jwt') ? 'jwt' : 'opaque',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    })
    server.on('request', provider.callback())
    const [hash = '', fromHex] = await hashesOf(SECRET)
    expect(fromHex).toBe(hash)
    ours = await mint(API, hash)
  }, 60_000)
  afterAll(() => server.close())

  /** Returns a token of the server of before. */
  const askOld = async (resource: string, scope = 'orders:read'): Promise<string> => {
    const answer = await fetch(`${old}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`billing:${SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  /** The docs' own program, with the real server of before. */
  const programOf = async (name: string, path: string) => {
    Object.assign(process.env, { KEYS: keysOf(API), OLD_CLIENT: 'billing', OLD_SECRET: SECRET })
    const text = stripTypeScriptTypes(blockOf(name))
      .replaceAll('https://old.example.com', old)
      .replace("'bulla/verifier'", `'${pathToFileURL(VERIFIER)}'`)
      .replace("'jose'", `'${import.meta.resolve('jose')}'`)
    expect(text).toContain(old + path)
    const { callerOf } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`)
    for (const variable of ['KEYS', 'OLD_CLIENT', 'OLD_SECRET']) delete process.env[variable]
    return async (token?: string): Promise<unknown> => {
      const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` }
      const caller = await callerOf(new Request(`${API}/orders`, headers && { headers }), 'orders:read')
      return caller instanceof Response ? caller.status : caller
    }
  }

  it('takes its JWTs and our tokens, and refuses all else', async () => {
    const callerOf = await programOf('migrate-jwts', '/jwks')
    const jwt = await askOld(`${API}?jwt`)
    expect(jwt.split('.')).toHaveLength(3)
    expect(await callerOf(jwt)).toEqual({ sub: 'billing', client: 'billing' })
    expect(await callerOf(ours)).toEqual({ sub: 'client:billing', client: 'billing' })
    const [head, body] = jwt.split('.')
    const foreign = await askOld('https://other.example.com?jwt')
    const lesser = await askOld(`${API}?jwt`, 'orders:write')
    for (const bad of [`${head}.${body}.AAAA`, foreign, lesser, ours.slice(0, -3), 'x', undefined])
      expect(await callerOf(bad)).toBe(401)
  })

  it('takes its opaque tokens and ours, and refuses all else', async () => {
    const callerOf = await programOf('migrate-opaque', '/token/introspection')
    const opaque = await askOld(API)
    expect(opaque).toMatch(/^[\w-]{43}$/)
    expect(await callerOf(opaque)).toEqual({ sub: 'billing', client: 'billing' })
    expect(await callerOf(ours)).toEqual({ sub: 'client:billing', client: 'billing' })
    const [foreign, lesser] = [await askOld('https://other.example.com'), await askOld(API, 'orders:write')]
    for (const bad of [foreign, lesser, `${opaque.slice(0, -1)}_`, ours.slice(0, -3), undefined])
      expect(await callerOf(bad)).toBe(401)
  })
})

describe('a Worker that moves from workers-oauth-provider', () => {
  it('takes its own tokens and ours, and refuses all else', async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-migrate-'))
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const resource = `${origin}/mcp`
    const program = blockOf('migrate-workers')
    await writeFile(join(folder, 'worker.mjs'), program.replace('https://api.example.com', origin))
    await writeFile(
      join(folder, 'handlers.js'),
      `const scope = ['orders:read']
export const apiHandler = { fetch: (request, env, ctx) => Response.json(ctx.props) }
export const defaultHandler = {
  async fetch(request, { OAUTH_PROVIDER: provider }) {
    const redirectUri = 'https://app.example.com/cb'
    const { clientId, clientSecret } = await provider.createClient({ redirectUris: [redirectUri] })
    const challenge = new URL(request.url).searchParams.get('challenge')
    const asked = { responseType: 'code', clientId, redirectUri, scope, state: '', resource: '${resource}' }
    const { redirectTo } = await provider.completeAuthorization({
      request: { ...asked, codeChallenge: challenge, codeChallengeMethod: 'S256' },
      userId: 'alice', metadata: {}, scope, props: { sub: 'alice' },
    })
    return Response.json({ clientId, clientSecret, code: new URL(redirectTo).searchParams.get('code') })
  },
}
`,
    )
    process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
    const worker = await unstable_startWorker({
      config: '/dev/null',
      name: 'migrating',
      entrypoint: join(folder, 'worker.mjs'),
      compatibilityDate: '2026-10-01',
      bindings: {
        OAUTH_KV: { type: 'kv_namespace', id: 'memory' },
        KEYS: { type: 'plain_text', value: keysOf(resource) },
      },
      build: {
        alias: {
          'bulla/verifier': VERIFIER,
          '@cloudflare/workers-oauth-provider': join(
            ROOT,
            'node_modules/@cloudflare/workers-oauth-provider/dist/oauth-provider.js',
          ),
        },
      },
      dev: {
        server: { port, hostname: 'localhost' },
        logLevel: 'none',
        watch: false,
        inspector: false,
        persist: await mkdtemp(join(tmpdir(), 'bulla-memory-')),
      },
    })
    onTestFinished(() => worker.dispose())
    await worker.ready
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const { clientId, clientSecret, code } = await (await fetch(`${origin}/hand-out?challenge=${challenge}`)).json()
    const body = { grant_type: 'authorization_code', code, code_verifier: verifier, resource }
    const answer = await fetch(`${origin}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ ...body, redirect_uri: 'https://app.example.com/cb' }),
    })
    const { access_token: theirs } = (await answer.json()) as { access_token: string }
    const [hash = ''] = await hashesOf(SECRET)
    const ours = await mint(resource, hash)
    const ask = (token: string): Promise<Response> => fetch(resource, { headers: { authorization: `Bearer ${token}` } })
    expect(await (await ask(theirs)).json()).toEqual({ sub: 'alice' })
    expect(await (await ask(ours)).json()).toEqual({
      sub: 'client:billing',
      client_id: 'billing',
      scope: ['orders:read'],
    })
    for (const bad of [`${theirs}x`, ours.slice(0, -3), await mint(API, hash)])
      expect((await ask(bad)).status).toBe(401)
  }, 60_000)
})
