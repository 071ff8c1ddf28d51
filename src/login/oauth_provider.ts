/**
 * Login at a provider that speaks OAuth 2.0 without ID tokens: authorization code, PKCE, and what its userinfo says of whom the
 * access token of that very code is (RFC 6749 §4.1, RFC 7636). Nothing is stored: all proofs derive from the sealed transaction.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { challengeOf } from '../protocol/pkce.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { readScopeText } from '../protocol/scope.ts'
import { providerSubject } from '../protocol/subject.ts'
import { fetchJson } from '../remote/document.ts'
import type { LoginProvider, Person, ProviderTokens, Transaction } from './authenticate.ts'
import { readId, readToldClaims } from './claim_paths.ts'
import { readCode, readLoginAnswer } from './login_answer.ts'
import { checkOAuthProvider, type OAuthProviderOptions } from './oauth_provider_options.ts'
import { askLogin, nameOf } from './person.ts'
import { take } from './provider.ts'
import type { ProviderClient } from './provider_client.ts'
import { fetchVerifiedEmail } from './provider_emails.ts'
import { askBeside } from './provider_options.ts'
import { endTokens } from './provider_revocation.ts'
import { redeem, redeemRefreshToken } from './provider_token.ts'
import { readTokenAnswer } from './token_answer.ts'
import { deleteToken } from './token_deletion.ts'

/**
 * Returns a login at a provider that speaks OAuth 2.0 without ID tokens, one of several. Nothing proves when somebody logged in
 * there.
 *
 * @throws {TypeError | RangeError} when an option is missing, unknown or of a wrong type
 * @see {@link loginProviders}
 */
export function oauthProvider(options: OAuthProviderOptions): LoginProvider {
  checkOAuthProvider(options)
  const { label, tokenEndpoint, clientId, clientSecret, claims, scope = '' } = options
  const { promptValuesSupported = [], loginHintParameter = 'login_hint' } = options
  const { fetch = (url, init) => globalThis.fetch(url, init) } = options
  const usual = clientSecret === undefined ? 'none' : 'client_secret_post'
  const client: ProviderClient = { clientId, clientSecret, method: options.tokenEndpointAuthMethod ?? usual }
  const { scopeFor, parametersFor } = askBeside(readScopeText('LOGIN.scope', scope), options)

  function begin(transaction: Transaction): Response {
    const { state, callback, secret } = transaction
    // Where people make an account, they can log in, too.
    const isCreating = transaction.isCreating && promptValuesSupported.includes('create')
    const { prompt, login_hint } = askLogin({ ...transaction, isCreating })
    const known = promptValuesSupported.find((one) => one === prompt)
    const location = addParameters(options.authorizationEndpoint, {
      ...parametersFor(transaction, known),
      [loginHintParameter]: login_hint,
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback,
      scope: scopeFor(transaction).join(' ') || undefined,
      state,
      code_challenge: challengeOf(secret),
      code_challenge_method: 'S256',
    })
    return new Response(null, { status: 303, headers: { Location: location } })
  }

  /** Returns what the provider says of whom a token is. */
  async function ask(accessToken: string): Promise<Pick<Person, 'claims'> & { readonly id: string }> {
    // GitHub refuses who does not say what it is.
    const headers = { authorization: `Bearer ${accessToken}`, 'user-agent': 'bulla' }
    const told = take('userinfo', await fetchJson(options.userinfoEndpoint, fetch, { headers }))
    const id = readId(told, claims)
    const { emailsEndpoint } = options
    const email = emailsEndpoint === undefined ? {} : await fetchVerifiedEmail(emailsEndpoint, headers, fetch)
    return { id, claims: { ...readToldClaims(told, claims), ...email } }
  }

  async function finish(request: Request, transaction: Transaction): Promise<Person> {
    const { provider, now, handsOver } = transaction
    if (provider === undefined)
      throw refusal('server_error', 'unknown_provider', 'the provider is not one of several, with a name')
    const parameters = readLoginAnswer(new URL(request.url).search)
    const code = readCode(parameters, (iss) => options.issuer === undefined || iss === options.issuer)
    const answer = await redeem(tokenEndpoint, code, transaction, client, fetch)
    const tokens = readTokenAnswer(answer, scopeFor(transaction), now)
    const { id, claims: told = {} } = await ask(tokens.accessToken)
    return {
      sub: providerSubject(provider, id),
      name: nameOf(told) ?? null,
      claims: told,
      ...(handsOver === undefined ? {} : { tokens }),
    }
  }

  async function refresh(tokens: ProviderTokens, now: number): Promise<ProviderTokens> {
    const { refreshToken, scope: granted } = tokens
    if (refreshToken === undefined)
      throw refusal('invalid_grant', 'provider_tokens', 'the provider gave no refresh token')
    const answer = await redeemRefreshToken(tokenEndpoint, refreshToken, client, fetch)
    return { refreshToken, ...readTokenAnswer(answer, granted, now) }
  }

  const { revocationEndpoint, revocationMethod = 'post', isRevokedAtProvider = false } = options
  const end = revocationMethod === 'post' ? endTokens : deleteToken
  const isRevoked = isRevokedAtProvider && revocationEndpoint !== undefined
  return {
    label,
    tellsAuthTime: false,
    scopeDescriptions: new Map(Object.entries(options.scopeDescriptions ?? {})),
    authenticate: async (request, transaction) =>
      transaction.step === 'begin' ? begin(transaction) : finish(request, transaction),
    refresh,
    ...(isRevoked ? { revoke: (tokens) => end(revocationEndpoint, tokens, client, fetch) } : {}),
  }
}
