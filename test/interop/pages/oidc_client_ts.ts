/**
 * An app with oidc-client-ts.
 *
 * @module
 */

import { type User, UserManager } from 'oidc-client-ts'
import { offer, type Shown, show } from './page.ts'

const { issuer: authority, client_id, redirect_uri, scope, userinfo } = registration
const manager = new UserManager({
  authority,
  client_id,
  redirect_uri,
  post_logout_redirect_uri: redirect_uri,
  scope,
  loadUserInfo: userinfo,
})

const shown = (user: User | null): Shown =>
  user === null ? {} : { person: user.profile, id_token: user.id_token, access_token: user.access_token }

show(async () => {
  const answer = new URLSearchParams(location.search)
  if (answer.has('code') || answer.has('error')) await manager.signinRedirectCallback()
  else if (answer.has('state')) await manager.signoutRedirectCallback()
  history.replaceState(null, '', redirect_uri)
  return shown(await manager.getUser())
})
offer('Log in', () => manager.signinRedirect())
offer('Renew', async () => shown(await manager.signinSilent()))
offer('Log out', () => manager.signoutRedirect())
