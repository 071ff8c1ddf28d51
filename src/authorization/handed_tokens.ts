/**
 * What a provider gave at a login for a request that hands it over: held to what the API needs, and left at the guard's home of the
 * grant that may come of it.
 *
 * @module
 */

import { findResource } from '../../keys/identifier.ts'
import type { EndpointContext } from '../context.ts'
import { loginOf } from '../grants/approval_facts.ts'
import { LEAST } from '../grants/token_lease.ts'
import type { AccessTokens } from '../issuing/access_tokens.ts'
import type { KeptTokensAt } from '../issuing/kept_provider_tokens.ts'
import type { Person, ProviderTokens } from '../login/authenticate.ts'
import { faultOfTokens } from '../login/bound_tokens.ts'
import { OAuthError, refusal } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { readScope } from '../protocol/scope.ts'
import type { HandOver, Resource } from '../registration/resource.ts'
import { grantIdOf } from './approve.ts'

/** A login for which something is handed over. */
export interface HandingLogin {
  readonly person: Person
  /** Its authorization request, as a form. */
  readonly parameters: string
  readonly hands: HandOver
}

/** Tokens that are handed over. */
export interface HandedTokens {
  /**
   * Returns what a provider gave, if it is what an API needs, and fits into the access token for it as far as that is known.
   *
   * @throws {OAuthError} `login_failed`
   */
  check(tokens: ProviderTokens | undefined, login: HandingLogin, now: number): Promise<ProviderTokens>
  /**
   * Leaves what a provider gave at a login, for the grant that may come of it.
   *
   * @param jti names the login
   * @param sid names the session that began then
   * @param until when no grant can come of it any more. Unix seconds
   */
  leave(jti: string, tokens: ProviderTokens, login: HandingLogin, sid: string, until: number): Promise<void>
}

/** Returns what hands tokens over. */
export function createHandedTokens(
  { settings, newId }: EndpointContext,
  { accessTokens, keptTokens }: { readonly accessTokens: AccessTokens; readonly keptTokens: KeptTokensAt },
): HandedTokens {
  /**
   * Checks that an access token of ours can carry that of a provider: by one with what is known of it now. What the operator's hook
   * says of it, and the key of its client, can only make it longer.
   */
  async function checkFits(
    accessToken: string,
    { uri, scopes, accessTokenLifetime }: Resource,
    { person, parameters }: HandingLogin,
    now: number,
  ): Promise<void> {
    const asked = readParameters(parameters)
    const scope = readScope(asked.get('scope'))?.filter((token) => scopes.includes(token)) ?? []
    const what = { sub: person.sub, client_id: asked.get('client_id'), aud: uri, scope, ...loginOf(person) }
    const until = { iat: now, exp: now + accessTokenLifetime, jti: newId(), gid: newId() }
    await accessTokens.seal(accessTokens.named({ ...what, ...until, claims: {} }), now, accessToken)
  }

  /** Returns the APIs that a request names, or may mean, and that are handed something. */
  function handedOf({ parameters, hands: { provider } }: HandingLogin): readonly Resource[] {
    const asked = readParameters(parameters)
    const named = asked.all('resource')
    const handed = [...settings.approvable.values()].filter(({ providerToken }) => providerToken?.provider === provider)
    if (named.length === 0) return handed
    const isDetailed = asked.get('authorization_details') !== undefined
    const placed = isDetailed ? [...settings.detailTypes.values()].flatMap(({ resources }) => resources) : []
    return handed.filter(({ uri }) => placed.includes(uri) || named.some((one) => findResource([uri], one)))
  }

  return {
    async check(tokens, login, now) {
      const { scope } = login.hands
      if (tokens === undefined) throw refusal('login_failed', 'provider_tokens', 'the provider gave no access token')
      if (!scope.every((token) => tokens.scope.includes(token)))
        throw refusal('login_failed', 'provider_scope', 'the provider gave less scope than "provider_scope"')
      const { refreshToken, expiresAt = Number.POSITIVE_INFINITY } = tokens
      // Else the app would be refused, and have somebody log in again and again.
      if (refreshToken === undefined && expiresAt - now < LEAST)
        throw refusal(
          'login_failed',
          'provider_tokens',
          'the access token of the provider has ended, and nothing renews it',
        )
      const fault = faultOfTokens(tokens)
      if (fault !== undefined) throw refusal('login_failed', 'provider_tokens', fault)
      for (const resource of handedOf(login))
        await checkFits(tokens.accessToken, resource, login, now).catch((cause: unknown) => {
          if (!(cause instanceof OAuthError) || cause.code !== 'invalid_grant') throw cause
          throw refusal('login_failed', cause.reason, cause.message, { cause })
        })
      return tokens
    },
    async leave(jti, tokens, { person: { sub }, parameters, hands: { provider } }, sid, until) {
      const client_id = readParameters(parameters).get('client_id') ?? ''
      await keptTokens()?.leave(grantIdOf(sid, jti), { ...tokens, sub, provider }, { sid, client_id }, until)
    },
  }
}
