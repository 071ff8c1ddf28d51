/**
 * A table `[vars.LOGIN.<name>]` → one of several ways to log in; `[vars.LOGIN]` → the only one.
 *
 * @module
 */

import { checkChoice, checkMembers, type Members } from '../../keys/check.ts'
import { createFaultList, Faults, readAll } from '../../keys/faults.ts'
import type { Fetch } from '../remote/document.ts'
import type { Authenticate, LoginProvider } from './authenticate.ts'
import { KNOWN_PROVIDER_NAMES, withKnownProvider } from './known_providers.ts'
import { oauthProvider } from './oauth_provider.ts'
import type { OAuthProviderOptions } from './oauth_provider_options.ts'
import { type OpenidProviderOptions, openidProvider } from './openid_provider.ts'
import { type OwnPageOptions, ownLoginPage } from './own_page.ts'
import { checkWords } from './provider_options.ts'
import { type UpstreamOptions, upstreamLogin } from './upstream.ts'

/** What is to be known beside the table. */
export interface ProviderSurroundings {
  /** The secret that the provider gave, if any. */
  readonly secret: string | undefined
  /** Whether it may be on this very machine, by http: for development. */
  readonly isLoopbackAllowed: boolean
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

/** What each member of a table is called among the options of its type. */
type Names = Readonly<Record<string, string>>

const LABELS: Names = { label: 'label', scope_descriptions: 'scopeDescriptions' }

const BESIDE: Names = {
  ...LABELS,
  revoke_at_provider: 'isRevokedAtProvider',
  authorization_parameters: 'authorizationParameters',
  hand_over_scope: 'handOverScope',
  hand_over_parameters: 'handOverParameters',
  prompt_values_supported: 'promptValuesSupported',
}

const OAUTH: Names = {
  ...BESIDE,
  authorization_endpoint: 'authorizationEndpoint',
  token_endpoint: 'tokenEndpoint',
  userinfo_endpoint: 'userinfoEndpoint',
  emails_endpoint: 'emailsEndpoint',
  revocation_endpoint: 'revocationEndpoint',
  revocation_method: 'revocationMethod',
  issuer: 'issuer',
  client_id: 'clientId',
  token_endpoint_auth_method: 'tokenEndpointAuthMethod',
  scope: 'scope',
  claims: 'claims',
  login_hint_parameter: 'loginHintParameter',
  private_host: 'isPrivateHostAllowed',
}

const UPSTREAM: Names = {
  issuer: 'issuer',
  client_id: 'clientId',
  token_endpoint_auth_method: 'tokenEndpointAuthMethod',
  scope: 'scope',
  userinfo: 'userinfo',
  algorithms: 'algorithms',
  private_host: 'isPrivateHostAllowed',
}

const OPENID: Names = {
  ...UPSTREAM,
  ...BESIDE,
  tenants: 'tenants',
  subject: 'subject',
  auth_time: 'authTime',
  response_mode: 'responseMode',
  logout: 'logout',
}

const PAGE: Names = { url: 'url', issuer: 'issuer', jwks: 'jwks', private_host: 'isPrivateHostAllowed' }

/** What each type of a way to log in has in its table, and what that is called among the options in code. */
export const LOGIN_MEMBERS: Readonly<Record<'openid' | 'oauth' | 'page', Names>> = {
  openid: OPENID,
  oauth: OAUTH,
  page: { ...LABELS, ...PAGE },
}

/** Returns the members under the names of options; those of other names are left out. */
function rename(members: Members, names: Names): Members {
  const options = Object.entries(names).map(([member, option]) => [option, members[member]] as const)
  return Object.fromEntries(options.filter(([, value]) => value !== undefined))
}

/** Returns a label that nobody chose: the name, as a word. */
function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function readOAuth(members: Members, options: Members): LoginProvider {
  return readAll({
    authTime() {
      const { auth_time: authTime } = members
      if (authTime !== undefined) checkChoice('LOGIN.auth_time', authTime, ['none'])
    },
    provider: () => oauthProvider({ ...options, ...rename(members, OAUTH) } as unknown as OAuthProviderOptions),
  }).provider
}

function readOpenid(members: Members, options: Members): LoginProvider {
  return openidProvider({ ...options, ...rename(members, OPENID) } as unknown as OpenidProviderOptions)
}

function readPage(members: Members, { clientSecret, isLoopbackAllowed }: Members): LoginProvider {
  if (clientSecret !== undefined) throw new TypeError('"LOGIN_CLIENT_SECRET" is not for a page of your own')
  const { label, scope_descriptions: descriptions = {} } = members
  const options = { isLoopbackAllowed, ...rename(members, PAGE) } as unknown as OwnPageOptions
  const { authenticate } = readAll({
    words: () => checkWords(label, descriptions),
    authenticate: () => ownLoginPage(options),
  })
  return {
    label: label as string,
    scopeDescriptions: new Map(Object.entries(descriptions as Readonly<Record<string, string>>)),
    authenticate,
    tellsAuthTime: true,
    hasPlainNames: true,
    givesTokens: false,
  }
}

const TYPES = {
  openid: { read: readOpenid, known: Object.keys(LOGIN_MEMBERS.openid) },
  oauth: { read: readOAuth, known: [...Object.keys(LOGIN_MEMBERS.oauth), 'auth_time'] },
  page: { read: readPage, known: Object.keys(LOGIN_MEMBERS.page) },
}

/** Runs a reader; the faults that it has say of which table they are. */
function inTable<Value>(name: string, read: () => Value): Value {
  const list = createFaultList()
  const value = list.read(read)
  const faults = list.faults.map((fault) => {
    const message = fault.message
      .replaceAll(/"LOGIN(?=[."])/g, `"LOGIN.${name}`)
      .replaceAll(/LOGIN_CLIENT_SECRET\b/g, `LOGIN_CLIENT_SECRET_${name.toUpperCase()}`)
    return fault instanceof RangeError ? new RangeError(message) : new TypeError(message)
  })
  const [first] = faults
  if (first !== undefined) throw faults.length === 1 ? first : new Faults(faults)
  return value as Value
}

/**
 * Reads a table.
 *
 * @param name what the settings call the provider
 * @throws {TypeError | RangeError} when a member is missing, unknown or of a wrong type: all are said
 */
export function readLoginProvider(
  name: string,
  table: unknown,
  { secret, isLoopbackAllowed, fetch }: ProviderSurroundings,
): LoginProvider {
  return inTable(name, () => {
    checkMembers('LOGIN', table)
    const given = table['provider'] === undefined ? table : withKnownProvider('LOGIN', table)
    const members: Members = { label: labelOf(name), ...given }
    const { type } = members
    if (type === undefined) throw new TypeError('"LOGIN" expected "type", or "provider" for one that is known by name')
    const meant = KNOWN_PROVIDER_NAMES.find((one) => one === type)
    if (meant !== undefined)
      throw new TypeError(`"LOGIN.type" expected "openid" or "oauth" or "page"; did you mean provider = "${meant}"?`)
    checkChoice('LOGIN.type', type, ['openid', 'oauth', 'page'])
    const { read, known } = TYPES[type]
    const options = { isLoopbackAllowed, ...(secret && { clientSecret: secret }), ...(fetch && { fetch }) }
    return readAll({
      members: () => checkMembers('LOGIN', members, ['type', ...known]),
      provider: () => read(members, options),
    }).provider
  })
}

/**
 * Reads `LOGIN` where it is the only way to log in.
 *
 * @throws {TypeError | RangeError} as `readLoginProvider`
 */
export function readOnlyLogin(login: Members, { secret, isLoopbackAllowed }: ProviderSurroundings): Authenticate {
  checkChoice('LOGIN.type', login['type'], ['openid', 'page'])
  const names = login['type'] === 'openid' ? UPSTREAM : PAGE
  const options = { isLoopbackAllowed, ...rename(login, names) }
  return readAll({
    members: () => checkMembers('LOGIN', login, ['type', ...Object.keys(names)]),
    login: () =>
      names === UPSTREAM
        ? upstreamLogin({ ...options, clientSecret: secret } as unknown as UpstreamOptions)
        : ownLoginPage(options as unknown as OwnPageOptions),
  }).login
}
