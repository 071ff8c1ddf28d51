/**
 * Revocation (RFC 7009): a client takes back what is its own. A refresh token ends its family; an access token goes into
 * the bundle, where there is one.
 *
 * @module
 */

import type { RefreshFacts } from '../grants/approval.ts'
import type { Client } from '../protocol/client.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Revocations } from '../stores/revocations.ts'
import { readOutside } from '../token/envelope.ts'
import { TokenError } from '../token/error.ts'
import { readNestedOutside } from '../token/nested.ts'
import type { AccessTokens } from './access_tokens.ts'
import type { AuthenticateClient } from './client_authentication.ts'
import type { EndpointContext } from './context.ts'
import { createFormEndpoint, type FormEndpoint } from './form_endpoint.ts'
import type { Answer } from './respond.ts'

/** Whatever the token was: the client need not know (RFC 7009 §2.2). */
const DONE: Answer = { status: 200, headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' }, body: '' }

/** What the endpoint needs beside the context. */
export interface RevokeParts {
  readonly authenticateClient: AuthenticateClient
  readonly accessTokens: AccessTokens
  readonly revocations: Revocations | undefined
}

/** What a token says that it is; nothing of it is proved. */
type Guess = 'refresh' | 'access' | 'sealed to its server' | 'other'

function guess(token: string): Guess {
  try {
    const { typ } = readOutside(token)
    return typ === 'refresh+jwe' ? 'refresh' : typ === 'at+jwe' ? 'access' : 'other'
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
  }
  try {
    return readNestedOutside(token).alg === 'dir' ? 'access' : 'sealed to its server'
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return 'other'
  }
}

/** Returns the revocation endpoint. */
export function createRevokeEndpoint(
  context: EndpointContext,
  { authenticateClient, accessTokens, revocations }: RevokeParts,
): FormEndpoint {
  const { settings, keyRing, log } = context
  const { resources, guard, pairwise } = settings
  const longestToken = [...resources.values()].reduce(
    (longest, { accessTokenLifetime }) => Math.max(longest, accessTokenLifetime),
    0,
  )

  /** Ends a family, and every access token that came of it. */
  async function revokeRefresh(token: string, client: Client, now: number): Promise<void> {
    const envelopes = context.envelopes(keyRing.open(now), now)
    let facts: RefreshFacts
    try {
      facts = (await envelopes.open('refresh', token)) as unknown as RefreshFacts
    } catch (error) {
      if (error instanceof TokenError) return
      throw error
    }
    if (facts.client_id !== client.id) return
    const until = now + longestToken + 120
    await Promise.all(
      pairwise
        .namesOf('gid', facts.gid)
        .flatMap((value) => [
          guard?.end(value, facts.grant_end),
          revocations?.add({ kind: 'gid', value, at: until, until, keep: until }),
        ]),
    )
    log({ level: 'info', event: 'revoke', code: 'refresh_token', client: client.id })
  }

  async function revokeAccess(token: string, client: Client, now: number): Promise<void> {
    const own = [...client.resources].flatMap((uri) => resources.get(uri) ?? [])
    const opened = await accessTokens.open(token, own, now)
    if (opened === undefined || opened.entitlement.client_id !== client.id) return
    const { jti, exp } = opened.entitlement
    const until = exp + 120
    await revocations?.add({ kind: 'jti', value: jti, at: until, until, keep: until })
    log({ level: 'info', event: 'revoke', code: 'access_token', client: client.id })
  }

  return createFormEndpoint(context, 'revoke', async ({ parameters, headers, certificate, now }) => {
    const client = await authenticateClient({ headers, parameters, certificate, now })
    const token = parameters.require('token')
    keyRing.open(now)
    const kind = guess(token)
    if (kind === 'refresh') await revokeRefresh(token, client, now)
    // What was sealed to a server's own key the issuer cannot open, so it cannot tell whose it is.
    if (kind === 'sealed to its server' || (kind === 'access' && revocations === undefined))
      throw new OAuthError('unsupported_token_type', 'access tokens of this kind cannot be revoked')
    if (kind === 'access') await revokeAccess(token, client, now)
    return DONE
  })
}
