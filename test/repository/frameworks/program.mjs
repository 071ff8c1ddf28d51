/** An issuer, and its resource server in every framework: prints what each answers with a token and without. */
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createIssuer } from 'bulla'
import { createRing, exportKeys, writeKeys, writeRing } from 'bulla/keys'
import { createVerifier } from 'bulla/verifier'
import { resourceServer as inExpress } from 'bulla/verifier/express'
import { resourceServer as inFastify } from 'bulla/verifier/fastify'
import { resourceServer as inHono } from 'bulla/verifier/hono'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'

const [iss, resource, now] = ['https://as.example', 'https://api.example', Math.floor(Date.now() / 1000)]
const ring = createRing({ now: now - 60, key: randomBytes(32) })
const secret_hash = `sha256:${createHash('sha256').update('secret').digest('base64url')}`
const issuer = createIssuer({
  issuer: iss,
  keyRing: writeRing(ring),
  resources: { [resource]: { scopes: ['read'] } },
  clients: { one: { secret_hash, grant_types: ['client_credentials'], resources: [resource], scopes: ['read'] } },
  log: () => {},
})
const metadata = await issuer.request(`${iss}/.well-known/oauth-authorization-server`)
const answer = await issuer.request(`${iss}/token`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa('one:secret')}`, 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ grant_type: 'client_credentials', resource }).toString(),
})
const headers = { authorization: `Bearer ${(await answer.json()).access_token}` }
const own = {
  issuer: iss,
  resource,
  keys: writeKeys(exportKeys(ring, { issuer: iss, resource, now })),
}
const options = { ...own, scope: 'read' }

async function overHttp(listener) {
  const server = createServer(listener)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}/orders/7`
  const answers = [await fetch(url, { headers }), await fetch(url)]
  const told = [await answers[0].text(), ...answers.map(({ status }) => status)]
  server.close()
  server.closeAllConnections()
  return told
}
async function inMemory(ask) {
  const url = 'https://api.example/orders/7'
  const answers = [await ask(new Request(url, { headers })), await ask(new Request(url))]
  return [await answers[0].text(), ...answers.map(({ status }) => status)]
}

const hono = new Hono().get('/orders/:id', inHono(options), (c) => c.json({ client: c.get('entitlement').client_id }))
const byEnv = new Hono()
  .use('/orders/*', (c, next) => inHono({ ...options, keys: c.env.KEYS })(c, next))
  .get('/orders/:id', (c) => c.json({ client: c.get('entitlement').client_id }))
const app = express()
app.use('/orders', inExpress(options))
app.get('/orders/:id', (request, response) => response.json({ client: request.entitlement.client_id }))
const fastify = Fastify()
fastify.get('/orders/:id', { onRequest: inFastify(options) }, async ({ entitlement }) => ({
  client: entitlement.client_id,
}))
await fastify.ready()
const verifier = createVerifier(own)

console.log(
  JSON.stringify({
    issuer: [metadata.status, answer.status],
    hono: await inMemory((request) => hono.fetch(request)),
    byEnv: await inMemory((request) => byEnv.fetch(request, { KEYS: options.keys })),
    express: await overHttp(app),
    fastify: await overHttp((request, response) => fastify.routing(request, response)),
    fetch: await inMemory(async (request) => {
      const result = await verifier.verify(request)
      return result.ok ? Response.json({ client: result.entitlement.client_id }) : result.response
    }),
  }),
)
await fastify.close()
