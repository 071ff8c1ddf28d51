/**
 * What is to be known of a provider that speaks OAuth 2.0 without ID tokens, and what it may be.
 *
 * @module
 */

import { checkBoolean, checkChoice, checkFunctions, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { visibleText } from '../protocol/visible.ts'
import type { Fetch } from '../remote/document.ts'
import { type ClaimPaths, readClaimPaths } from './claim_paths.ts'
import type { ProviderAuthMethod } from './provider_client.ts'

/** What is to be known of the provider. */
export interface OAuthProviderOptions {
  /** What people read that it is called. */
  readonly label: string
  /** Where browsers are sent. */
  readonly authorizationEndpoint: string
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
  /** Whether a grant's tokens are ended there with it. Default false: some end all that a person gave this client. */
  readonly isRevokedAtProvider?: boolean
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
  /** Parameters of each authorization request beside the protocol's own. Default: none. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /** What is asked for beside where tokens are handed over: what a provider wants for a refresh token. Default `""`. */
  readonly handOverScope?: string
  /** Parameters beside, where tokens are handed over. Default: none. */
  readonly handOverParameters?: Readonly<Record<string, string>>
  /** The values of `prompt` that it knows: `select_account`, `create`. Default: none, and none is sent. */
  readonly promptValuesSupported?: readonly string[]
  /** What it calls `login_hint`. Default `"login_hint"`. */
  readonly loginHintParameter?: string
  /** What its scope tokens let somebody do, in words. Default: the tokens speak for themselves. */
  readonly scopeDescriptions?: Readonly<Record<string, string>>
  /** Whether it may be on this very machine, by http. Default false. */
  readonly isLoopbackAllowed?: boolean
  /** Whether its hosts need not be public ones, by https. Default false. */
  readonly isPrivateHostAllowed?: boolean
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

const OPTIONS: Readonly<Record<keyof OAuthProviderOptions, true>> = {
  label: true,
  authorizationEndpoint: true,
  tokenEndpoint: true,
  userinfoEndpoint: true,
  emailsEndpoint: true,
  revocationEndpoint: true,
  revocationMethod: true,
  isRevokedAtProvider: true,
  issuer: true,
  clientId: true,
  clientSecret: true,
  tokenEndpointAuthMethod: true,
  scope: true,
  claims: true,
  authorizationParameters: true,
  handOverScope: true,
  handOverParameters: true,
  promptValuesSupported: true,
  loginHintParameter: true,
  scopeDescriptions: true,
  isLoopbackAllowed: true,
  isPrivateHostAllowed: true,
  fetch: true,
}

/** Parameters that are the protocol's (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9101 §5): nobody sets them beside. */
const OWN_PARAMETERS: readonly string[] = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
]

const SCOPE = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/
const PARAMETER = /^[A-Za-z0-9_.-]{1,64}$/

/** Checks that a parameter is none of the protocol's. */
function checkParameter(name: string, parameter: unknown): void {
  checkText(name, parameter, PARAMETER, "a parameter's name")
  if (OWN_PARAMETERS.includes(parameter))
    throw new RangeError(`"${name}" expected parameters beside the protocol's own`)
}

/** Checks fixed parameters of a request. */
export function checkAuthorizationParameters(name: string, value: unknown): void {
  checkMembers(name, value)
  readEach(Object.entries(value), ([parameter, text]) => {
    checkParameter(name, parameter)
    checkText(`${name}.${parameter}`, text, /^[\x20-\x7e]{1,512}$/, '1 to 512 characters of ASCII')
  })
}

/** Checks what people read of a provider. */
export function checkWords(label: unknown, descriptions: unknown): void {
  readAll({
    label: () => checkText('LOGIN.label', label, visibleText(64), '1 to 64 characters that can be seen'),
    descriptions() {
      checkMembers('LOGIN.scope_descriptions', descriptions)
      readEach(Object.values(descriptions), (words) =>
        checkText('LOGIN.scope_descriptions', words, visibleText(200), '1 to 200 characters that can be seen'),
      )
    },
  })
}

/** Checks that there is a secret where one is shown, and none where it is not. */
function checkMethod({ tokenEndpointAuthMethod: method, clientSecret }: OAuthProviderOptions): void {
  if (clientSecret !== undefined) checkText('LOGIN_CLIENT_SECRET', clientSecret, /./, 'the secret')
  if (method === undefined) return
  checkChoice('LOGIN.token_endpoint_auth_method', method, ['client_secret_basic', 'client_secret_post', 'none'])
  if ((method === 'none') !== (clientSecret === undefined))
    throw new TypeError(
      `"LOGIN.token_endpoint_auth_method" expected ${method === 'none' ? 'no' : 'a'} LOGIN_CLIENT_SECRET beside it`,
    )
}

/** Checks how tokens are ended. */
function checkRevocation(options: OAuthProviderOptions, checkUrl: (name: string, url: unknown) => void): void {
  const { revocationEndpoint: url, revocationMethod, isRevokedAtProvider = false, clientSecret } = options
  checkBoolean('LOGIN.revoke_at_provider', isRevokedAtProvider)
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
  const { promptValuesSupported = [], handOverScope = '', loginHintParameter = 'login_hint' } = options
  const { authorizationParameters = {}, handOverParameters = {}, scopeDescriptions = {} } = options
  const checkUrl = (name: string, url: unknown): void => {
    const privateHost =
      isPrivateHostAllowed === true && URL.canParse(String(url)) ? new URL(String(url)).hostname : undefined
    checkRemoteUrl(`LOGIN.${name}`, url, isLoopbackAllowed, privateHost)
  }
  const checkScope = (name: string, value: unknown): void =>
    checkText(name, value, SCOPE, 'scope tokens, with spaces between')
  readAll({
    members: () => checkMembers('oauthProvider', options as unknown, Object.keys(OPTIONS)),
    fetch: () => checkFunctions(options, ['fetch']),
    isLoopbackAllowed: () => checkBoolean('LOGIN.isLoopbackAllowed', isLoopbackAllowed),
    privateHost: () => checkBoolean('LOGIN.private_host', isPrivateHostAllowed),
    words: () => checkWords(options.label, scopeDescriptions),
    authorizationEndpoint: () => checkUrl('authorization_endpoint', options.authorizationEndpoint),
    tokenEndpoint: () => checkUrl('token_endpoint', options.tokenEndpoint),
    userinfoEndpoint: () => checkUrl('userinfo_endpoint', options.userinfoEndpoint),
    emailsEndpoint: () => emailsEndpoint !== undefined && checkUrl('emails_endpoint', emailsEndpoint),
    revocation: () => checkRevocation(options, checkUrl),
    issuer: () => issuer !== undefined && checkText('LOGIN.issuer', issuer, /^[\x21-\x7e]{1,512}$/, 'an issuer'),
    clientId: () => checkText('LOGIN.client_id', options.clientId, /./, 'a text'),
    method: () => checkMethod(options),
    scope: () => checkScope('LOGIN.scope', scope),
    handOverScope: () => checkScope('LOGIN.hand_over_scope', handOverScope),
    claims: () => readClaimPaths('LOGIN.claims', options.claims),
    parameters: () => checkAuthorizationParameters('LOGIN.authorization_parameters', authorizationParameters),
    handOverParameters: () => checkAuthorizationParameters('LOGIN.hand_over_parameters', handOverParameters),
    prompts: () =>
      checkTexts('LOGIN.prompt_values_supported', promptValuesSupported, /^(?:select_account|create)$/, 'a prompt'),
    loginHint: () => checkParameter('LOGIN.login_hint_parameter', loginHintParameter),
  })
}
