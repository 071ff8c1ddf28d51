/** The orders API in Express. */
import { readFileSync } from 'node:fs'
import { createVerifier } from 'bulla/verifier'
import { describe, entitlementOf, resourceServer } from 'bulla/verifier/express'
import express from 'express'

const { ISSUER: issuer = '', PORT } = process.env
const resource = 'https://api.example.com'
const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders' })
const keys = readFileSync('keys.json', 'utf8')
const verifier = createVerifier({ issuer, resource, keys, resourceMetadata: about.url })

const orders = express
  .Router()
  .get('/:id', resourceServer({ verifier, scope: 'orders:read' }), (request, response) => {
    const { client_id: client, scope } = entitlementOf(request)
    response.json({ id: request.params.id, client, scope })
  })
  .delete('/:id', resourceServer({ verifier, scope: 'orders:write' }), (_request, response) => {
    response.status(204).end()
  })

express().disable('x-powered-by').use(about).use('/orders', orders).listen(PORT)
