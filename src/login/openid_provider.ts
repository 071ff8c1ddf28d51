/**
 * A login at an OpenID Connect provider, one of several.
 *
 * @module
 */

import { checkChoice, checkTexts } from '../../keys/check.ts'
import type { LoginProvider } from './authenticate.ts'
import { createOpenidLogin } from './openid_login.ts'
import { checkProviderOptions, PROVIDER_OPTIONS, type ProviderOptions } from './provider_options.ts'
import { createTenants, PLACE } from './tenants.ts'
import { readUpstream, UPSTREAM_OPTIONS, type UpstreamOptions } from './upstream.ts'

/**
 * What is to be known of the provider. The redirect URI is `<your issuer>/login/callback/<name>`. Where it has `tenants`, `issuer` is a
 * template: `https://login.microsoftonline.com/{tenantid}/v2.0`.
 */
export interface OpenidProviderOptions extends UpstreamOptions, ProviderOptions {
  /**
   * How people are called: `"name"`, `<name>|<sub>`, and with tenants `<name>|<tenant>|<sub>`; or `"digest"`, as `upstreamLogin` calls
   * them, for the provider that was the only one before. Default `"name"`.
   */
  readonly subject?: 'name' | 'digest'
  /** `"none"` where it cannot prove when somebody logged in. Default `"told"`: its ID tokens have an `auth_time` when that is asked for. */
  readonly authTime?: 'none' | 'told'
  /** Whose people may log in: ids of tenants. Default: the issuer is one alone. */
  readonly tenants?: readonly string[]
  /** `"form_post"` where it posts its answer (Apple, when a name or an e-mail address is asked for). Default: a redirect. */
  readonly responseMode?: 'form_post'
  /** `"provider"` where a session there ends with the one here. Default: it goes on. */
  readonly logout?: 'provider'
}

const OPTIONS: Readonly<Record<keyof OpenidProviderOptions, true>> = {
  ...UPSTREAM_OPTIONS,
  ...PROVIDER_OPTIONS,
  subject: true,
  authTime: true,
  tenants: true,
  responseMode: true,
  logout: true,
}

/** The id of a tenant, as it stands in an issuer: no word for several of them. */
const TENANT = /^(?!(?:common|organizations|consumers)$)[a-z0-9-]{1,64}$/

/** Checks that there are tenants where the issuer is a template, and nowhere else. */
function checkTenants(issuer: unknown, tenants: unknown): void {
  const places = typeof issuer === 'string' ? issuer.split(PLACE).length - 1 : 0
  if (tenants === undefined) {
    if (places > 0)
      throw new TypeError(`"LOGIN.issuer" expected "tenants" beside it, the ids of those whose people may log in`)
    return
  }
  checkTexts('LOGIN.tenants', tenants, TENANT, 'the id of a tenant, in lower case')
  if (tenants.length === 0) throw new TypeError('"LOGIN.tenants" expected the ids of those whose people may log in')
  if (places !== 1) throw new RangeError(`"LOGIN.tenants" expected an issuer with ${PLACE} beside it`)
}

/**
 * Returns a login at an OpenID Connect provider, one of several.
 *
 * @throws {TypeError | RangeError} when an option is missing, unknown or of a wrong type
 * @see {@link loginProviders}
 */
export function openidProvider(options: OpenidProviderOptions): LoginProvider {
  const client = readUpstream('openidProvider', options, Object.keys(OPTIONS), options, {
    usual: () => checkProviderOptions(options),
    subject: () => options.subject !== undefined && checkChoice('LOGIN.subject', options.subject, ['name', 'digest']),
    authTime: () =>
      options.authTime !== undefined && checkChoice('LOGIN.auth_time', options.authTime, ['none', 'told']),
    responseMode: () =>
      options.responseMode !== undefined && checkChoice('LOGIN.response_mode', options.responseMode, ['form_post']),
    tenants: () => checkTenants(options.issuer, options.tenants),
    logout: () => options.logout !== undefined && checkChoice('LOGIN.logout', options.logout, ['provider']),
  })
  const tellsAuthTime = options.authTime !== 'none'
  const isPosted = options.responseMode === 'form_post'
  const { authenticate, refresh, revoke, endSession } = createOpenidLogin({
    ...client,
    isDigest: options.subject === 'digest',
    tenants: options.tenants && createTenants(client.issuer, options.tenants),
    tellsAuthTime,
    isPosted,
    prompts: options.promptValuesSupported,
  })
  return {
    label: options.label,
    authenticate,
    tellsAuthTime,
    isPosted,
    scopeDescriptions: new Map(Object.entries(options.scopeDescriptions ?? {})),
    refresh,
    ...(options.isRevokedAtProvider ? { revoke } : {}),
    ...(options.logout === 'provider' ? { endSession } : {}),
  }
}
