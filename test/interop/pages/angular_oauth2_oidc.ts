/**
 * An Angular app with angular-oauth2-oidc, and its package that checks signatures. The compiler is in the page, for
 * packages of Angular come half compiled, and no build of Angular's own is here to do the rest.
 *
 * @module
 */

import '@angular/compiler'
import { provideHttpClient } from '@angular/common/http'
import { createApplication } from '@angular/platform-browser'
import { OAuthService, provideOAuthClient } from 'angular-oauth2-oidc'
import { JwksValidationHandler } from 'angular-oauth2-oidc-jwks'
import { offer, type Shown, show } from './page.ts'

const { issuer, client_id: clientId, redirect_uri: redirectUri, scope, userinfo } = registration
const app = await createApplication({
  providers: [provideHttpClient(), provideOAuthClient(undefined, JwksValidationHandler)],
})
const oauth = app.injector.get(OAuthService)
oauth.configure({
  issuer,
  clientId,
  redirectUri,
  postLogoutRedirectUri: redirectUri,
  scope,
  responseType: 'code',
})

async function shown(): Promise<Shown> {
  if (!oauth.hasValidIdToken()) return {}
  const told = userinfo ? ((await oauth.loadUserProfile()) as { info: Shown['person'] }).info : undefined
  const person = { ...oauth.getIdentityClaims(), ...told }
  return { person, id_token: oauth.getIdToken(), access_token: oauth.getAccessToken() }
}

show(async () => {
  await oauth.loadDiscoveryDocumentAndTryLogin()
  return shown()
})
offer('Log in', async () => oauth.initCodeFlow())
offer('Renew', async () => {
  await oauth.refreshToken()
  return shown()
})
offer('Log out', async () => oauth.logOut())
