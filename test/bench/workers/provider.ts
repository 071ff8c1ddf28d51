/**
 * @cloudflare/workers-oauth-provider, as its README has it, with a door that hands out codes: the person and her consent
 * are not what is measured.
 *
 * @module
 */

import { OAuthProvider } from '@cloudflare/workers-oauth-provider'

interface Env {
  readonly OAUTH_PROVIDER: {
    createClient(client: object): Promise<{ clientId: string; clientSecret: string }>
    completeAuthorization(options: object): Promise<{ redirectTo: string }>
  }
}

const redirectUri = 'https://app.example.com/cb'
const scope = ['orders:read', 'orders:write']
const api = { fetch: () => new Response('api') }

async function handOut(request: Request, { OAUTH_PROVIDER: provider }: Env): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const { clientId, clientSecret } = await provider.createClient({
    redirectUris: [redirectUri],
    tokenEndpointAuthMethod: 'client_secret_basic',
  })
  const codes: (string | null)[] = []
  for (let left = Number(searchParams.get('codes')); left > 0; left--) {
    const { redirectTo } = await provider.completeAuthorization({
      request: {
        responseType: 'code',
        clientId,
        redirectUri,
        scope,
        state: '',
        codeChallenge: searchParams.get('challenge') ?? '',
        codeChallengeMethod: 'S256',
      },
      userId: 'alice',
      metadata: {},
      scope,
      props: { sub: 'alice' },
      revokeExistingGrants: false,
    })
    codes.push(new URL(redirectTo).searchParams.get('code'))
  }
  return Response.json({ clientId, clientSecret, codes })
}

export default new OAuthProvider({
  apiRoute: '/api/',
  resourceMetadata: { resource: 'https://api.example.com' },
  apiHandler: api,
  defaultHandler: { fetch: (request: Request, env: Env) => handOut(request, env) },
  authorizeEndpoint: '/authorize',
  tokenEndpoint: '/token',
} as never)
