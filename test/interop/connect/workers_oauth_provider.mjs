/**
 * An API and its issuer in one Worker, made by Cloudflare's library as its README has it. Who starts it writes its port in.
 *
 * @module
 */

import { OAuthProvider } from '@cloudflare/workers-oauth-provider'

export default new OAuthProvider({
  apiRoute: '/mcp',
  apiHandler: { fetch: async () => Response.json({}) },
  defaultHandler: {
    async fetch(request, { OAUTH_PROVIDER }) {
      if (new URL(request.url).pathname !== '/authorize') return new Response(null, { status: 404 })
      try {
        const { clientId } = await OAUTH_PROVIDER.parseAuthRequest(request)
        const client = await OAUTH_PROVIDER.lookupClient(clientId)
        const headers = { 'content-type': 'text/html' }
        return client && new Response('<!doctype html><p>May this app have it?', { headers })
      } catch {
        return new Response('What the app asks for cannot be given.', { status: 400 })
      }
    },
  },
  authorizeEndpoint: '/authorize',
  tokenEndpoint: '/oauth/token',
  clientRegistrationEndpoint: '/oauth/register',
  scopesSupported: ['mcp:read', 'mcp:write', 'offline_access'],
  resourceMetadata: { resource: 'http://localhost:PORT/mcp', authorization_servers: ['http://localhost:PORT'] },
  requiredScopes: ['mcp:read'],
})
