/** The orders API in Fastify. */
import { readFileSync } from 'node:fs'
import { createVerifier } from 'bulla/verifier'
import { describe, entitlementOf, resourceServer } from 'bulla/verifier/fastify'
import Fastify from 'fastify'

const { ISSUER: issuer = '', PORT } = process.env
const resource = 'https://api.example.com'
const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders' })
const keys = readFileSync('keys.json', 'utf8')
const verifier = createVerifier({ issuer, resource, keys, resourceMetadata: about.url })

const read = resourceServer({ verifier, scope: 'orders:read' })
const write = resourceServer({ verifier, scope: 'orders:write' })

const app = Fastify()
app.addHook('onRequest', about)
app.get<{ Params: { id: string } }>('/orders/:id', { onRequest: read }, async (request) => {
  const { client_id: client, scope } = entitlementOf(request)
  return { id: request.params.id, client, scope }
})
app.delete('/orders/:id', { onRequest: write }, (_request, reply) => reply.code(204).send())
await app.listen({ port: Number(PORT) })
