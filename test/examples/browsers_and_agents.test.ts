/**
 * What the resource servers of all frameworks tell browsers and agents: real frameworks, real sockets, the same bytes.
 *
 * @module
 */

import { request as nodeRequest } from 'node:http'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resourceServer as inExpress, describe as inExpressDescribe } from '../../src/verifier/express.ts'
import { resourceServer as inFastify, describe as inFastifyDescribe } from '../../src/verifier/fastify.ts'
import { resourceServer as inFetch, describe as inFetchDescribe } from '../../src/verifier/fetch.ts'
import { resourceServer as inHono, describe as inHonoDescribe } from '../../src/verifier/hono.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { ISSUER } from '../fixtures.ts'
import { MCP, mcpOptions, sealFor } from '../parties/mcp_server.ts'

const DESCRIPTION = { resource: MCP, issuer: ISSUER, scopes: ['read', 'write'], name: 'Tools' }
const PATH = '/.well-known/oauth-protected-resource/mcp'
const ROOT = '/.well-known/oauth-protected-resource'
const verifier = createVerifier({ ...mcpOptions, resourceMetadata: `https://mcp.example${PATH}`, dpop: 'off' })

/** What needs a better login. */
const HIGH = { scope: 'read write', acr: 'high gold', maxAge: 300 }

/** The scope of an operation, as each framework's program reads it. */
const scopeOf = (operation: unknown): string =>
  operation === 'none'
    ? ''
    : operation === 'lost'
      ? (undefined as never)
      : operation === 'change'
        ? 'read write'
        : 'read'

type Cors = '*' | readonly string[] | undefined

/** Servers with the metadata, `/mcp` behind a check, and an operator's own CORS where one is asked for. */
const APPS: Readonly<Record<string, (cors: Cors, own?: Readonly<Record<string, string>>) => Promise<NetServer>>> = {
  Express: async (cors, own = {}) => {
    const about = inExpressDescribe(DESCRIPTION)
    const app = express()
      .disable('x-powered-by')
      .use((_request, response, next) => {
        response.set(own)
        next()
      })
      .use(about)
      .use(
        '/mcp',
        inExpress({ verifier, scope: ({ headers }) => scopeOf(headers['x-operation']), ...(cors && { cors }) }),
      )
      .use('/high', inExpress({ verifier, ...HIGH }))
      .use('/mcp', (_request, response) => response.set('Mcp-Session-Id', '1').end('in'))
    return app.listen(0, '127.0.0.1')
  },
  Fastify: async (cors, own = {}) => {
    const about = inFastifyDescribe(DESCRIPTION)
    const app = Fastify()
    app.addHook('onRequest', async (_request, reply) => void reply.headers(own))
    app.addHook('onRequest', about)
    app.register(async (mcp) => {
      const scope = ({ raw }: { raw: { headers: object } }) =>
        scopeOf((raw.headers as Record<string, unknown>)['x-operation'])
      mcp.addHook('onRequest', inFastify({ verifier, scope, ...(cors && { cors }) }))
      mcp.all('/mcp', async (_request, reply) => reply.header('Mcp-Session-Id', '1').send(Buffer.from('in')))
    })
    app.get('/high', { onRequest: inFastify({ verifier, ...HIGH }) }, async () => 'in')
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server
  },
  Hono: async (cors, own = {}) => {
    const about = inHonoDescribe(DESCRIPTION)
    const app = new Hono()
      .use(async (c, next) => {
        for (const [name, value] of Object.entries(own)) c.header(name, value)
        await next()
      })
      .use(about)
      .use('/mcp', inHono({ verifier, scope: (c) => scopeOf(c.req.header('x-operation')), ...(cors && { cors }) }))
      .use('/high', inHono({ verifier, ...HIGH }))
      .all('/mcp', (c) => c.body('in', 200, { 'Mcp-Session-Id': '1' }))
    return createAdaptorServer(app).listen(0, '127.0.0.1') as NetServer
  },
  fetch: async (cors, own = {}) => {
    const about = inFetchDescribe(DESCRIPTION)
    const scope = ({ headers }: Request) => scopeOf(headers.get('x-operation'))
    const high = inFetch({ verifier, ...HIGH })
    const mcp = inFetch({ verifier, scope, ...(cors && { cors }) })
    const handle = async (request: Request) => {
      const told = about(request)
      if (told !== undefined) return told
      const { pathname } = new URL(request.url)
      if (pathname === '/high') return high(request, () => new Response('in'))
      if (pathname !== '/mcp') return new Response('no', { status: 404 })
      return mcp(request, () => new Response('in', { headers: { 'Mcp-Session-Id': '1', ...own } }))
    }
    return createAdaptorServer({ fetch: handle }).listen(0, '127.0.0.1') as NetServer
  },
}
const NAMES = Object.keys(APPS)

const servers = new Map<string, NetServer>()
beforeAll(async () => {
  for (const name of NAMES) {
    const make = APPS[name] as (typeof APPS)[string]
    servers.set(`${name} open`, await make('*'))
    servers.set(`${name} listed`, await make(['https://app.example', 'vscode-webview://one']))
    servers.set(`${name} closed`, await make(undefined))
    servers.set(
      `${name} own`,
      await make('*', {
        'Access-Control-Allow-Origin': 'https://own.example',
        'Access-Control-Allow-Credentials': 'true',
      }),
    )
    servers.set(`${name} varying`, await make(['https://app.example'], { Vary: 'Accept' }))
  }
  for (const server of servers.values())
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
})
afterAll(() => Promise.all([...servers.values()].map((server) => new Promise((resolve) => server.close(resolve)))))

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
}

/** Asks, and returns the answer without what the transport adds. */
function ask(server: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const address = servers.get(server)?.address() as AddressInfo | undefined
  return new Promise((resolve, reject) => {
    nodeRequest({ host: '127.0.0.1', port: address?.port, path, method, headers, agent: false }, async (response) => {
      const {
        date,
        connection,
        'content-length': _,
        'transfer-encoding': __,
        'keep-alive': ___,
        ...others
      } = response.headersDistinct as Record<string, string[]>
      resolve({ status: response.statusCode, headers: others, body: await text(response) })
    })
      .on('error', reject)
      .end()
  })
}

const bearer = async (scope: readonly string[] = ['read']) => ({ authorization: `Bearer ${await sealFor(scope)}` })
const METADATA = `resource_metadata="https://mcp.example${PATH}"`
const EXPOSED = 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After'
const TAKEN =
  'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name'

/** The answer to who is not let in. */
function refusal(status: number, challenge: string, body: object): Answer {
  const headers = {
    'access-control-allow-origin': ['*'],
    'access-control-expose-headers': [EXPOSED],
    'cache-control': ['no-store'],
    'content-type': ['application/json'],
    'www-authenticate': [`Bearer realm="${MCP}", ${challenge}, ${METADATA}`],
  }
  return { status, headers, body: JSON.stringify(body) }
}

describe.each(NAMES)('a resource server in %s', (name) => {
  it.each<[string, () => Promise<Record<string, string>>, Answer]>([
    [
      'without a token, with the scope that is needed',
      async () => ({}),
      refusal(401, 'scope="read"', { error_description: 'The request has no access token.' }),
    ],
    [
      'without a token, with the scope of the operation',
      async () => ({ 'x-operation': 'change' }),
      refusal(401, 'scope="read write"', { error_description: 'The request has no access token.' }),
    ],
    [
      'with a bad token',
      async () => ({ authorization: 'Bearer x' }),
      refusal(
        401,
        'error="invalid_token", error_description="The access token is invalid or has expired.", scope="read"',
        { error: 'invalid_token', error_description: 'The access token is invalid or has expired.' },
      ),
    ],
    [
      'without the scope of the operation',
      async () => ({ ...(await bearer()), 'x-operation': 'change' }),
      refusal(
        403,
        'error="insufficient_scope", error_description="The access token lacks the scope that is needed here.", scope="read write"',
        { error: 'insufficient_scope', error_description: 'The access token lacks the scope that is needed here.' },
      ),
    ],
  ])(
    'refuses who comes %s, in JSON and for any script, without a word of DPoP where that is off (RFC 6750 §3)',
    async (_, make, answer) => {
      expect(await ask(`${name} open`, '/mcp', await make())).toEqual(answer)
    },
  )

  it('asks for another login, and the scope, in the same words (RFC 9470 §3)', async () => {
    const description = 'Another login, or a more recent one, is needed here.'
    const answer = refusal(
      401,
      `error="insufficient_user_authentication", error_description="${description}", acr_values="high gold", max_age="300", scope="read write"`,
      { error: 'insufficient_user_authentication', error_description: description },
    )
    const { 'cache-control': cache, 'content-type': type, 'www-authenticate': challenge } = answer.headers
    const headers = { 'cache-control': cache, 'content-type': type, 'www-authenticate': challenge }
    expect(await ask(`${name} closed`, '/high', await bearer())).toEqual({ ...answer, headers })
  })

  it('lets in by the scope of each operation, and nobody where that is not known', async () => {
    const status = async (operation: string, scope: readonly string[]) =>
      (await ask(`${name} open`, '/mcp', { ...(await bearer(scope)), 'x-operation': operation })).status
    expect([
      await status('look', ['read']),
      await status('look', ['other']),
      await status('change', ['read', 'write']),
      await status('none', ['other']),
      await status('lost', ['read', 'write']),
    ]).toEqual([200, 403, 200, 200, 500])
  })

  it('answers a preflight before the check, and takes the headers of MCP', async () => {
    const asked = {
      origin: 'https://any.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,mcp-param-region,x-other',
    }
    expect(await ask(`${name} open`, '/mcp', asked, 'OPTIONS')).toEqual({
      status: 204,
      headers: {
        'access-control-allow-origin': ['*'],
        'access-control-allow-methods': ['GET, HEAD, POST, PUT, PATCH, DELETE'],
        'access-control-allow-headers': [`${TAKEN}, mcp-param-region`],
        'access-control-max-age': ['600'],
      },
      body: '',
    })
    const listed = await ask(`${name} listed`, '/mcp', asked, 'OPTIONS')
    expect([listed.status, listed.headers['access-control-allow-origin'], listed.headers['vary']]).toEqual([
      204,
      undefined,
      ['Origin'],
    ])
  })

  it('checks an OPTIONS request that is no preflight, and every one where no CORS is asked for', async () => {
    const preflight = { origin: 'https://any.example', 'access-control-request-method': 'POST' }
    expect((await ask(`${name} open`, '/mcp', {}, 'OPTIONS')).status).toBe(401)
    const closed = await ask(`${name} closed`, '/mcp', preflight, 'OPTIONS')
    expect([closed.status, Object.keys(closed.headers).filter((one) => /^access-control|^vary/.test(one))]).toEqual([
      401,
      [],
    ])
  })

  it.each([
    ['https://app.example', 'https://app.example'],
    ['vscode-webview://one', 'vscode-webview://one'],
    ['https://app.example.evil', undefined],
    ['https://app.example:443', undefined],
    ['null', undefined],
  ])('lets scripts of %s read what is for those of a list, and never with cookies', async (origin, allowed) => {
    for (const sent of [{}, await bearer()]) {
      const { headers } = await ask(`${name} listed`, '/mcp', { ...sent, origin })
      expect([
        headers['access-control-allow-origin'],
        headers['vary'],
        headers['access-control-expose-headers'],
      ]).toEqual([allowed === undefined ? undefined : [allowed], ['Origin'], [EXPOSED]])
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
  })

  it('says nothing of CORS where an operator has said it, and keeps what else the answer varies by', async () => {
    for (const sent of name === 'fetch' ? [await bearer()] : [{}, await bearer()]) {
      const own = await ask(`${name} own`, '/mcp', { ...sent, origin: 'https://own.example' })
      expect([own.headers['access-control-allow-origin'], own.headers['access-control-allow-credentials']]).toEqual([
        ['https://own.example'],
        ['true'],
      ])
      expect(own.headers['access-control-expose-headers']).toBeUndefined()
      const { headers } = await ask(`${name} varying`, '/mcp', { ...sent, origin: 'https://app.example' })
      expect(headers['vary']).toEqual(['Accept, Origin'])
    }
  })

  it('tells of itself at its path and at the root, to every script (RFC 9728 §3.1)', async () => {
    const headers = {
      'access-control-allow-origin': ['*'],
      'cache-control': ['public, max-age=300'],
      'content-type': ['application/json'],
    }
    const document = {
      resource: MCP,
      authorization_servers: [ISSUER],
      scopes_supported: ['read', 'write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Tools',
    }
    for (const path of [PATH, ROOT, `${ROOT}?x=y`]) {
      expect(await ask(`${name} closed`, path)).toEqual({ status: 200, headers, body: JSON.stringify(document) })
      expect(await ask(`${name} closed`, path, {}, 'HEAD')).toEqual({ status: 200, headers, body: '' })
      const asked = {
        origin: 'https://any.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version, x-any',
      }
      expect(await ask(`${name} closed`, path, asked, 'OPTIONS')).toEqual({
        status: 204,
        headers: {
          'access-control-allow-origin': ['*'],
          'access-control-allow-methods': ['GET, HEAD'],
          'access-control-allow-headers': ['mcp-protocol-version, x-any'],
          'access-control-max-age': ['600'],
        },
        body: '',
      })
    }
    for (const path of [`${PATH}/`, `${PATH}/x`, `${ROOT}/`, `/x${ROOT}`, '//[', '/'])
      expect((await ask(`${name} closed`, path)).status).not.toBe(200)
    expect((await ask(`${name} closed`, PATH, {}, 'DELETE')).status).toBe(404)
  })
})

describe('a list of origins', () => {
  it.each([
    [[]],
    [['*']],
    [['https://app.example/']],
    [['https://APP.example']],
    [['https://app.example:443']],
    ['https://app.example'],
    [['null']],
    [true],
  ])('cannot be %j', (cors) => {
    expect(() => inHono({ verifier, cors: cors as never })).toThrow('"cors" expected "*", or a list of origins')
  })
})
