/**
 * An OpenID provider of many tenants over real HTTP, as Microsoft Entra ID is one: each tenant is an issuer of its own, with keys of its
 * own in one JWK Set.
 *
 * @module
 */

import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { CLIENT_ID, type ProviderParty, serve } from './provider_party.ts'

/** The tenants whose people may log in. */
export const TENANTS = ['11111111-aaaa', '22222222-bbbb'] as const

/** One whose people may not. */
export const STRANGER = '33333333-cccc'

/** Who logs in next. */
export interface Member {
  readonly tenant: string
  readonly sub: string
  /** The tenant whose key signs. Default: their own. */
  readonly signedBy?: string
  /** Claims that are otherwise than they should be. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A provider of many tenants. */
export interface TenantsServer extends ProviderParty {
  /** Sets who logs in from now on. */
  seat(member: Member): void
}

/** Starts one. */
export async function startTenantsServer(now: () => number): Promise<TenantsServer> {
  let member: Member = { tenant: TENANTS[0], sub: 'x' }
  const keys = new Map<string, { readonly privateKey: CryptoKey; readonly kid: string; readonly jwk: object }>()
  for (const tenant of [...TENANTS, STRANGER]) {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    keys.set(tenant, { privateKey, kid: tenant, jwk: await exportJWK(publicKey) })
  }

  const { url, stop } = await serve((origin) => async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin)
    const json = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (pathname === '/common/v2.0/.well-known/openid-configuration')
      return json({
        issuer: `${origin}/{tenantid}/v2.0`,
        authorization_endpoint: `${origin}/common/authorize`,
        token_endpoint: `${origin}/common/token`,
        jwks_uri: `${origin}/common/keys`,
      })
    if (pathname === '/common/keys')
      return json({
        keys: [...keys].map(([tenant, { jwk, kid }]) => {
          return { ...jwk, kid, alg: 'ES256', use: 'sig', issuer: `${origin}/${tenant}/v2.0` }
        }),
      })
    if (pathname === '/common/authorize') {
      // It knows who sits there; its code is the nonce.
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('state', searchParams.get('state') ?? '')
      back.searchParams.set('code', searchParams.get('nonce') ?? '')
      response.writeHead(302, { location: back.href }).end()
      return
    }
    if (pathname !== '/common/token') {
      response.writeHead(404).end()
      return
    }
    let body = ''
    for await (const part of request) body += part
    const { tenant, sub, signedBy = tenant, claims } = member
    const key = keys.get(signedBy)
    const times = { iat: now(), exp: now() + 300 }
    const iss = `${origin}/${tenant}/v2.0`
    const nonce = new URLSearchParams(body).get('code')
    const payload = { iss, tid: tenant, aud: CLIENT_ID, sub, nonce, ...times, ...claims }
    const signer = new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: key?.kid ?? '' })
    const id_token = await signer.sign(key?.privateKey as CryptoKey)
    json({ access_token: `at-${tenant}`, token_type: 'Bearer', expires_in: 3600, scope: 'openid', id_token })
  })

  return {
    url,
    table: {
      type: 'openid',
      client_id: CLIENT_ID,
      issuer: `${url}/{tenantid}/v2.0`,
      tenants: TENANTS,
      scope: 'openid',
    },
    seen: new Map(),
    given: [],
    actedFor: [],
    actsFor: async () => undefined,
    seat: (next) => {
      member = next
    },
    stop,
  }
}
