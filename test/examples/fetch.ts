/** The orders API without a framework, as Workers and all others that have `fetch` handlers take it. */
import { describe, type FetchResourceServer, resourceServer } from 'bulla/verifier/fetch'

const resource = 'https://api.example.com'
let orders: FetchResourceServer | undefined

export default {
  async fetch(request: Request, { ISSUER: issuer, KEYS: keys }: { ISSUER: string; KEYS: string }): Promise<Response> {
    const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders' })
    const scope = ({ method }: Request) => (method === 'DELETE' ? 'orders:write' : 'orders:read')
    orders ??= resourceServer({ issuer, resource, keys, resourceMetadata: about.url, scope })
    const told = about(request)
    if (told !== undefined) return told
    const id = /^\/orders\/([^/]+)$/.exec(new URL(request.url).pathname)?.[1]
    if (id === undefined) return new Response(null, { status: 404 })
    return orders(request, (_, entitlement) => {
      if (request.method === 'DELETE') return new Response(null, { status: 204 })
      return Response.json({ id, client: entitlement.client_id, scope: entitlement.scope })
    })
  },
}
