/**
 * What an issuer says to everybody, and whom it sends away.
 *
 * @module
 */

import assert from 'node:assert/strict'
import { basic, ISSUER, tokenRequest } from '../../fixtures.ts'
import { authorizeUrl } from '../person.ts'
import { formRequest } from '../servers.ts'
import { errorOf, type Step } from './step.ts'

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Request =>
  new Request(ISSUER + path, { headers })

/** The steps, in their order. */
export const DOORS: readonly Step[] = [
  [
    'is healthy, whoever asks inside by whichever name',
    async (ask) => {
      const response = await ask(new Request('https://10.0.0.1/healthz'))
      assert.equal(response.status, 200, await response.text())
    },
  ],
  [
    'tells the same of itself at both places, nothing to who knows it already, and keys, none of them private',
    async (ask) => {
      const [one, other] = await Promise.all(
        ['oauth-authorization-server', 'openid-configuration'].map((name) => ask(get(`/.well-known/${name}`))),
      )
      const text = (await one?.text()) ?? ''
      assert.equal(JSON.parse(text).issuer, ISSUER)
      assert.equal(await other?.text(), text)
      const tag = one?.headers.get('etag') ?? ''
      const again = await ask(get('/.well-known/oauth-authorization-server', { 'if-none-match': tag }))
      assert.deepEqual([again.status, again.headers.get('access-control-allow-origin')], [304, '*'])
      const { keys } = (await (await ask(get('/jwks'))).json()) as { keys: Record<string, unknown>[] }
      assert.ok(keys.length > 0)
      for (const key of keys) assert.deepEqual([key['kty'], key['d']], ['EC', undefined])
    },
  ],
  [
    'refuses a wrong secret, by a challenge',
    async (ask) => {
      const response = await ask(tokenRequest({ headers: { authorization: basic('service', 'wrong') } }))
      assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm=/)
      assert.deepEqual(await errorOf(response), [401, 'invalid_client'])
    },
  ],
  [
    'sends away what is too long, by another method, or nowhere',
    async (ask) => {
      const form: [string, string][] = [['grant_type', 'client_credentials']]
      const long = await ask(tokenRequest({ form: [...form, ['x', 'x'.repeat(16_384)]] }))
      assert.equal(long.status, 413)
      assert.equal((await ask(get(`/authorize?x=${'x'.repeat(8_192)}`))).status, 414)
      const got = await ask(tokenRequest({ method: 'GET' }))
      assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST'])
      assert.equal((await ask(get('/nowhere'))).status, 404)
      const page = await ask(get('/nowhere', { accept: 'text/html' }))
      assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8'])
    },
  ],
  [
    'refuses what was meant for another host, and what came without TLS',
    async (ask) => {
      const forAnother = tokenRequest()
      assert.equal((await ask(new Request('https://other.example/token', forAnother))).status, 421)
      assert.equal((await ask(new Request(`${ISSUER.replace('https:', 'http:')}/token`, tokenRequest()))).status, 421)
      assert.equal((await ask(tokenRequest())).status, 200)
    },
  ],
  [
    'lets pages of others ask for tokens, and for nothing of servers',
    async (ask) => {
      const origin = 'https://app.example'
      const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop,authorization' }
      const preflight = (path: string) =>
        ask(new Request(ISSUER + path, { method: 'OPTIONS', headers: { origin, ...asked } }))
      const allowed = await preflight('/token')
      assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin')], [204, '*'])
      assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /authorization.*dpop/i)
      assert.equal((await preflight('/introspect')).headers.get('access-control-allow-origin'), null)
      const answer = await ask(tokenRequest({ headers: { origin } }))
      assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /DPoP-Nonce/i)
      const secret = await ask(formRequest('/introspect', 'api-server', { token: 'x' }, { origin }))
      assert.deepEqual([secret.status, secret.headers.get('access-control-allow-origin')], [200, null])
    },
  ],
  [
    'shows a page, that nobody frames, keeps or scripts, where an app cannot be told what is wrong',
    async (ask) => {
      const response = await ask(new Request(authorizeUrl({ redirect_uri: 'https://evil.example/cb' })))
      const named = ['content-type', 'x-frame-options', 'cache-control', 'location'].map((name) =>
        response.headers.get(name),
      )
      assert.deepEqual([response.status, ...named], [400, 'text/html; charset=utf-8', 'DENY', 'no-store', null])
      assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    },
  ],
]
