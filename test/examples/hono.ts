/** The orders API in Hono. */
import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { createVerifier } from 'bulla/verifier'
import { describe, resourceServer } from 'bulla/verifier/hono'
import { Hono } from 'hono'

const { ISSUER: issuer = '', PORT } = process.env
const resource = 'https://api.example.com'
const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders' })
const keys = readFileSync('keys.json', 'utf8')
const verifier = createVerifier({ issuer, resource, keys, resourceMetadata: about.url })

const app = new Hono()
  .use(about)
  .get('/orders/:id', resourceServer({ verifier, scope: 'orders:read' }), (c) => {
    const { client_id: client, scope } = c.get('entitlement')
    return c.json({ id: c.req.param('id'), client, scope })
  })
  .delete('/orders/:id', resourceServer({ verifier, scope: 'orders:write' }), (c) => c.body(null, 204))

serve({ fetch: app.fetch, port: Number(PORT) })
