/** The orders API without a framework, as Workers and all others that have `fetch` handlers take it. */
import { createVerifier, describeResource, type Verifier } from 'bulla/verifier'

const resource = 'https://api.example.com'
let verifier: Verifier | undefined

export default {
  async fetch(request: Request, { ISSUER: issuer, KEYS: keys }: { ISSUER: string; KEYS: string }): Promise<Response> {
    const about = describeResource({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders' })
    verifier ??= createVerifier({ issuer, resource, keys, resourceMetadata: about.url })
    const { pathname } = new URL(request.url)
    if (pathname === about.path) return Response.json(about.metadata)
    const id = /^\/orders\/([^/]+)$/.exec(pathname)?.[1]
    if (id === undefined) return new Response(null, { status: 404 })

    const scope = request.method === 'DELETE' ? 'orders:write' : 'orders:read'
    const verification = await verifier.verify(request, { scope })
    if (!verification.ok) return verification.response
    if (request.method === 'DELETE') return new Response(null, { status: 204 })
    const { entitlement } = verification
    return Response.json({ id, client: entitlement.client_id, scope: entitlement.scope })
  },
}
