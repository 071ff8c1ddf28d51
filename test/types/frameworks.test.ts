/** The types of the middlewares, as a handler behind each sees them: `npm run types` checks them. */
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { expectTypeOf, it } from 'vitest'
import type { Entitlement } from '../../src/index.ts'
import * as inExpress from '../../src/verifier/express.ts'
import * as inFastify from '../../src/verifier/fastify.ts'
import type * as inFetch from '../../src/verifier/fetch.ts'
import * as inHono from '../../src/verifier/hono.ts'
import type { ResourceServerOptions, Verifier } from '../../src/verifier/index.ts'

const verifier = { verify: () => Promise.reject(new Error('nobody asks')) } satisfies Verifier

it('gives a handler of Hono the entitlement', () => {
  new Hono().use(inHono.resourceServer({ verifier })).get('/', (c) => {
    expectTypeOf(c.get('entitlement')).toEqualTypeOf<Entitlement>()
    expectTypeOf(c.var.entitlement.scope).toEqualTypeOf<readonly string[]>()
    return c.text('')
  })
  new Hono().get('/', inHono.resourceServer({ verifier }), (c) => c.text(c.var.entitlement.sub))
  // @ts-expect-error nothing let the request in
  new Hono().get('/', (c) => c.text(c.get('entitlement').sub))
  expectTypeOf<inHono.ResourceServerEnv['Variables']>().toEqualTypeOf<{ entitlement: Entitlement }>()
  expectTypeOf(inHono.describe).returns.toHaveProperty('url').toBeString()
  inHono.resourceServer({ verifier, scope: (c) => (c.req.method === 'GET' ? 'read' : 'write') })
})

it('gives a handler of Express the entitlement, which may be missing', () => {
  const app = express()
  app.use(inExpress.resourceServer({ verifier, scope: (request) => request.method ?? '' }))
  app.use(inExpress.describe({ resource: 'https://api.test', issuer: 'https://issuer.test' }))
  app.get('/', (request) => {
    expectTypeOf(request.entitlement).toEqualTypeOf<Entitlement | undefined>()
    expectTypeOf(inExpress.entitlementOf(request)).toEqualTypeOf<Entitlement>()
  })
})

it('gives a handler of Fastify the entitlement, which may be missing', () => {
  const app = fastify()
  app.addHook('onRequest', inFastify.describe({ resource: 'https://api.test', issuer: 'https://issuer.test' }))
  app.get('/', { onRequest: inFastify.resourceServer({ verifier }) }, (request) => {
    expectTypeOf(request.entitlement).toEqualTypeOf<Entitlement | undefined>()
    expectTypeOf(inFastify.entitlementOf(request)).toEqualTypeOf<Entitlement>()
  })
})

it('hands the entitlement to what answers a `fetch`', () => {
  expectTypeOf<typeof inFetch.resourceServer>().returns.returns.resolves.toEqualTypeOf<Response>()
  expectTypeOf<inFetch.EntitledHandler>().parameters.toEqualTypeOf<[request: Request, entitlement: Entitlement]>()
  expectTypeOf<typeof inFetch.describe>().returns.returns.toEqualTypeOf<Response | undefined>()
})

it('takes a verifier or its options, and nothing unknown', () => {
  const site = { issuer: 'https://issuer.test', resource: 'https://api.test', keys: '{}' }
  expectTypeOf<readonly ResourceServerOptions<Request>[]>([
    { ...site, scope: 'read', cors: '*', maxAge: 300 },
    { verifier, scope: async (request) => request.method },
    // @ts-expect-error misspelt
    { verifier, scopes: 'read' },
    // @ts-expect-error a scope is a text
    { verifier, scope: ['read'] },
    // @ts-expect-error no verifier, and nothing that it is made from
    { scope: 'read' },
  ])
})
