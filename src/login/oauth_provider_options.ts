/**
 * What is to be known of a provider that speaks OAuth 2.0 without ID tokens, and what it may be.
 *
 * @module
 */

import { checkBoolean, checkChoice, checkFunctions, checkMembers, checkText } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { checkRemoteUrl, privateHostOf } from '../protocol/remote_url.ts'
import { readScopeText } from '../protocol/scope.ts'
import type { Fetch } from '../remote/document.ts'
import { type ClaimPaths, readClaimPaths } from './claim_paths.ts'
import { checkProof, type ProviderAuthMethod } from './provider_client.ts'
import { checkParameter, checkProviderOptions, PROVIDER_OPTIONS, type ProviderOptions } from './provider_options.ts'

/** What is to be known of the provider. */
export interface OAuthProviderOptions extends ProviderOptions {
  /** Where browsers are sent. */
  readonly authorizationEndpoint: string
  /** What gives tokens for its codes. */
  readonly tokenEndpoint: string
  /** What tells who it is of whom an access token is, as a JSON object. */
  readonly userinfoEndpoint: string
  /**
   * What tells a person's addresses, as a JSON list of `{ email, primary, verified }` (GitHub): the primary one, if it is verified,
   * is `email`. One that answers 403 or 404 tells none. Default: there is none.
   */
  readonly emailsEndpoint?: string
  /** Where tokens are ended. Default: nowhere. */
  readonly revocationEndpoint?: string
  /**
   * How: `"post"` as RFC 7009 has it, `"delete"` as GitHub does, with `{client_id}` in the URL. Default `"post"`.
   */
  readonly revocationMethod?: 'post' | 'delete'
  /** The `iss` that each answer must have (RFC 9207). Default: none is read. */
  readonly issuer?: string
  /** The `client_id` that it gave you, for the redirect URI `<your issuer>/login/callback/<name>`. */
  readonly clientId: string
  /** The secret that it gave you. Default: none, a public client. */
  readonly clientSecret?: string | undefined
  /** How the secret is shown to it. Default: `"client_secret_post"`; `"none"` without a secret. */
  readonly tokenEndpointAuthMethod?: ProviderAuthMethod
  /** What is asked for at each login. Default `""`: nothing. */
  readonly scope?: string
  /** Where in the userinfo each claim stands. */
  readonly claims: ClaimPaths
  /** What it calls `login_hint`. Default `"login_hint"`. */
  readonly loginHintParameter?: string
  /** Whether it may be on this very machine, by http. Default false. */
  readonly isLoopbackAllowed?: boolean
  /** Whether its hosts need not be public ones, by https. Default false. */
  readonly isPrivateHostAllowed?: boolean
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

const OPTIONS: Readonly<Record<keyof OAuthProviderOptions, true>> = {
  ...PROVIDER_OPTIONS,
  authorizationEndpoint: true,
  tokenEndpoint: true,
  userinfoEndpoint: true,
  emailsEndpoint: true,
  revocationEndpoint: true,
  revocationMethod: true,
  issuer: true,
  clientId: true,
  clientSecret: true,
  tokenEndpointAuthMethod: true,
  scope: true,
  claims: true,
  loginHintParameter: true,
  isLoopbackAllowed: true,
  isPrivateHostAllowed: true,
  fetch: true,
}

/** Checks how tokens are ended. */
function checkRevocation(options: OAuthProviderOptions, checkUrl: (name: string, url: unknown) => void): void {
  const { revocationEndpoint: url, revocationMethod, isRevokedAtProvider = false, clientSecret } = options
  if (url === undefined) {
    if (isRevokedAtProvider)
      throw new TypeError('"LOGIN.revoke_at_provider" expected "revocation_endpoint": without, tokens live on there')
    return
  }
  if (revocationMethod !== undefined) checkChoice('LOGIN.revocation_method', revocationMethod, ['post', 'delete'])
  checkUrl('revocation_endpoint', typeof url === 'string' ? url.replace('{client_id}', '0') : url)
  if (revocationMethod === 'delete' && isRevokedAtProvider && clientSecret === undefined)
    throw new TypeError('"LOGIN.revoke_at_provider" expected a LOGIN_CLIENT_SECRET: it is ended by that')
}

/**
 * Checks the options.
 *
 * @throws {TypeError | RangeError} when one is missing, unknown or of a wrong type: all are said
 */
export function checkOAuthProvider(options: OAuthProviderOptions): void {
  checkMembers('oauthProvider', options as unknown)
  const { isLoopbackAllowed = false, isPrivateHostAllowed = false, emailsEndpoint, scope = '', issuer } = options
  const { loginHintParameter = 'login_hint' } = options
  const checkUrl = (name: string, url: unknown): void =>
    checkRemoteUrl(`LOGIN.${name}`, url, isLoopbackAllowed, privateHostOf(url, isPrivateHostAllowed))
  readAll({
    members: () => checkMembers('oauthProvider', options as unknown, Object.keys(OPTIONS)),
    usual: () => checkProviderOptions(options),
    fetch: () => checkFunctions(options, ['fetch']),
    isLoopbackAllowed: () => checkBoolean('LOGIN.isLoopbackAllowed', isLoopbackAllowed),
    privateHost: () => checkBoolean('LOGIN.private_host', isPrivateHostAllowed),
    authorizationEndpoint: () => checkUrl('authorization_endpoint', options.authorizationEndpoint),
    tokenEndpoint: () => checkUrl('token_endpoint', options.tokenEndpoint),
    userinfoEndpoint: () => checkUrl('userinfo_endpoint', options.userinfoEndpoint),
    emailsEndpoint: () => emailsEndpoint !== undefined && checkUrl('emails_endpoint', emailsEndpoint),
    revocation: () => checkRevocation(options, checkUrl),
    issuer: () => issuer !== undefined && checkText('LOGIN.issuer', issuer, /^[\x21-\x7e]{1,512}$/, 'an issuer'),
    clientId: () => checkText('LOGIN.client_id', options.clientId, /./, 'a text'),
    proof: () => checkProof(options.clientSecret, options.tokenEndpointAuthMethod),
    scope: () => readScopeText('LOGIN.scope', scope),
    claims: () => readClaimPaths('LOGIN.claims', options.claims),
    loginHint: () => checkParameter('LOGIN.login_hint_parameter', loginHintParameter),
  })
}
