/** The API: whose token it is it knows offline. The app, of another origin, may ask it by CORS. */
import { remoteKeys } from 'bulla/verifier'
import { entitlementOf, resourceServer } from 'bulla/verifier/express'
import express from 'express'

const issuer = 'http://localhost:8787'
const orders = resourceServer({
  issuer,
  resource: 'https://api.example.com',
  baseUrl: 'http://localhost:3000', // where the app sees it: proofs of keys are for this URL
  scope: 'orders:read',
  cors: ['http://localhost:5173'],
  keys: remoteKeys({ url: `${issuer}/keys`, clientId: 'orders-api', clientSecret: 'orders-api-secret' }),
  revocations: { url: `${issuer}/revocations` },
})

express()
  .use('/orders', orders)
  .get('/orders/:id', (request, response) => {
    const { sub, client_id } = entitlementOf(request)
    response.json({ id: request.params.id, person: sub, client: client_id })
  })
  .listen(3000, 'localhost', () => console.log('The API is at http://localhost:3000.'))
