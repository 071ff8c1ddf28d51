/**
 * The setting `LOGIN` of a Worker → who logs people in.
 *
 * @module
 */

import { checkChoice, checkMembers } from '../keys/check.ts'
import { readAll } from '../keys/faults.ts'
import type { Authenticate } from './login/authenticate.ts'
import { type OwnPageOptions, ownLoginPage } from './login/own_page.ts'
import { type UpstreamOptions, upstreamLogin } from './login/upstream.ts'

/** Reads who logs people in; only what each kind needs is taken. */
export function readLogin(login: unknown, secret: string | undefined, isLoopbackAllowed: boolean): Authenticate {
  checkMembers('LOGIN', login)
  checkChoice('LOGIN.type', login['type'], ['openid', 'page'])
  const { issuer, private_host: isPrivateHostAllowed } = login
  const where = { issuer, isLoopbackAllowed, isPrivateHostAllowed }
  if (login['type'] === 'openid') {
    const known = ['type', 'issuer', 'client_id', 'token_endpoint_auth_method', 'scope', 'userinfo', 'algorithms']
    const { client_id: clientId, token_endpoint_auth_method: tokenEndpointAuthMethod, scope, algorithms } = login
    const client = { clientId, clientSecret: secret, tokenEndpointAuthMethod }
    const options = {
      ...where,
      ...client,
      scope,
      userinfo: login['userinfo'],
      algorithms,
    } as unknown as UpstreamOptions
    return readAll({
      members: () => checkMembers('LOGIN', login, [...known, 'private_host']),
      login: () => upstreamLogin(options),
    }).login
  }
  const { url, jwks } = login
  const options = { ...where, url, jwks } as unknown as OwnPageOptions
  return readAll({
    members: () => checkMembers('LOGIN', login, ['type', 'url', 'issuer', 'jwks', 'private_host']),
    login: () => ownLoginPage(options),
  }).login
}
