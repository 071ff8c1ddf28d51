/** The API: it opens tokens by keys that it fetches from the issuer now and then, and asks nobody about a request. */
import { remoteKeys } from 'bulla/verifier'
import { describe, resourceServer } from 'bulla/verifier/hono'
import { Hono } from 'hono'

/** The variables of wrangler.toml, and the secret. */
export interface Settings {
  readonly ISSUER: string
  readonly RESOURCE: string
  readonly CLIENT_ID: string
  readonly CLIENT_SECRET: string
}

/**
 * Makes the API.
 *
 * @param ask asks the issuer. Default: by the network
 */
export function createApi(settings: Settings, ask = (url: string, init?: RequestInit) => fetch(url, init)) {
  const { ISSUER: issuer, RESOURCE: resource, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = settings
  const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders' })
  const keys = remoteKeys({ url: `${issuer}/keys`, clientId, clientSecret, fetch: ask })
  const common = { issuer, resource, keys, revocations: { url: `${issuer}/revocations` }, fetch: ask }
  const needs = (scope: string) => resourceServer({ ...common, resourceMetadata: about.url, scope })

  return new Hono()
    .use(about)
    .get('/orders/:id', needs('orders:read'), (c) => {
      const { sub, client_id } = c.get('entitlement')
      return c.json({ id: c.req.param('id'), seen_by: sub, through: client_id })
    })
    .delete('/orders/:id', needs('orders:write'), (c) => c.body(null, 204))
}
