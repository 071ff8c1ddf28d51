/**
 * Revocation (RFC 7009): a client takes back what is its own. A refresh token ends its family; an access token goes into
 * the bundle, where there is one.
 *
 * @module
 */

import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import type { DocumentHolders } from '../authentication/document_client.ts'
import type { EndpointContext } from '../context.ts'
import type { RefreshFacts } from '../grants/approval_facts.ts'
import { createFormEndpoint, type FormEndpoint, type ReadForm } from '../http/form_endpoint.ts'
import type { Answer } from '../http/respond.ts'
import type { AccessTokens } from '../issuing/access_tokens.ts'
import type { Revoking } from '../issuing/revoking.ts'
import { toldOfToken } from '../issuing/told_entitlement.ts'
import { TokenError } from '../jose/error.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'
import { clientSubject } from '../protocol/subject.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import type { Resource } from '../registration/resource.ts'
import type { Addition, Revocations } from '../stores/revocations.ts'
import type { Entitlement } from '../token/entitlement.ts'
import { readOutside } from '../token/envelope.ts'
import { readNestedOutside } from '../token/nested.ts'
import type { HiddenKind } from '../token/revocations.ts'

/** Whatever the token was: the client need not know (RFC 7009 §2.2). */
const DONE: Answer = { status: 200, headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' }, body: '' }

/** What the endpoint needs beside the context. */
export interface RevokeParts {
  readonly authenticateClient: AuthenticateClient
  readonly documentHolders: DocumentHolders
  readonly accessTokens: AccessTokens
  readonly revocations: Revocations | undefined
  readonly revoking: Revoking
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
  { authenticateClient, documentHolders, accessTokens, revocations, revoking }: RevokeParts,
): FormEndpoint {
  const { settings, keyRing, log, events } = context
  const { approvable, userinfo, guard } = settings

  function unsupported(): OAuthError {
    return refusal('unsupported_token_type', 'not_revocable', 'access tokens of this kind cannot be revoked')
  }

  /** Tells whether there is what can remember that a token of a resource was revoked: of the issuer's own the guard can. */
  function isRevocable({ uri }: Resource): boolean {
    return revocations !== undefined || (guard !== undefined && uri === userinfo?.uri)
  }

  /** Tells that nothing was revoked: the client hears of none of it (RFC 7009 §2.2). */
  function tellNothing(reason: Reason): void {
    events.tell('token.revoked', { reason })
  }

  /** Ends a family, and every access token that came of it. */
  async function revokeRefresh(token: string, client: Client, { waitUntil, now }: ReadForm): Promise<void> {
    const envelopes = context.envelopes(keyRing.open(now), now)
    let facts: RefreshFacts & Pick<Entitlement, 'iat'>
    try {
      facts = (await envelopes.open('refresh', token)) as unknown as typeof facts
    } catch (error) {
      if (error instanceof TokenError) return tellNothing('refresh_unopened')
      throw error
    }
    if (facts.client_id !== client.id) return tellNothing('other_client')
    await revoking.approval(facts, now, waitUntil)
    log({ level: 'info', event: 'revoke', code: 'refresh_token', client: client.id })
    events.tell('token.revoked', { client: client.id, subject: facts.sub, gid: facts.gid, method: 'refresh_token' })
  }

  /**
   * Returns what many revoked tokens of a kind become, and on whose word. A token of an exchange bears the approval of
   * another client, and what its server could have made may bear any: these end nothing but what is the client's own.
   */
  function foldingOf(
    { sub, gid }: Entitlement,
    client: Client,
    isProved: boolean,
  ): readonly [readonly HiddenKind[], Addition['by']] {
    const isGranted = isProved && gid !== undefined && client.exchange.length === 0
    const word = isPublic(client) ? undefined : { client: client.id }
    if (sub === clientSubject(client.id)) return [['sub'], word]
    return isGranted ? [['gid', 'app'], 'approval'] : [['app'], word]
  }

  /**
   * Revokes an access token. A client that proved itself is believed about its own. Anybody can come as a public one, with
   * tokens that a server made for itself: of these only what the issuer alone can have made is taken.
   */
  async function revokeAccess(token: string, client: Client, now: number): Promise<void> {
    const own = [...client.resources].flatMap((uri) => approvable.get(uri) ?? []).filter(isRevocable)
    // What is over here can live where a clock is behind: who revokes it is not told that it was when it was not.
    const proved = await accessTokens.openOwn(token, own, now, true)
    const opened = proved ?? (await accessTokens.open(token, own, now, true))
    if (opened === undefined && revocations === undefined) throw unsupported()
    if (opened === undefined) return tellNothing('token_unopened')
    const { client_id } = opened.entitlement
    if (client_id === undefined)
      throw refusal('unsupported_token_type', 'not_revocable', 'the token names no client: nobody can tell whose it is')
    if (client_id !== client.id) return tellNothing('other_client')
    if (proved === undefined && isPublic(client))
      throw refusal('unsupported_token_type', 'not_revocable', 'the token could be made by its resource server, too')
    const [broader, by] = foldingOf(opened.entitlement, client, proved !== undefined)
    await revoking.token(opened, broader, now, by)
    log({ level: 'info', event: 'revoke', code: 'access_token', client: client.id })
    events.tell('token.revoked', { ...toldOfToken(opened.entitlement), client: client.id, method: 'access_token' })
  }

  /**
   * Returns who asks; nothing where it is a client by a document that brings nothing of its own. With an access token such a one
   * is as a public client is, and shows no proof: to look at one could take a fetch.
   */
  async function askerOf({ parameters, headers, certificate, address, now }: ReadForm): Promise<Client | undefined> {
    const named = documentHolders.named({ parameters, headers })
    if (named === undefined) return authenticateClient({ headers, parameters, certificate, now })
    const token = parameters.require('token')
    if (guess(token) === 'access') return { ...named.client, authenticationMethods: ['none'] }
    const artefact = { purpose: 'refresh', envelope: token, isToEnd: true } as const
    const met = await documentHolders.meet(named, artefact, now, address)
    // It has begun to sign since: what it had before it ends all the same.
    if (met !== undefined && named.isSigned && isPublic(met)) return met
    return met && authenticateClient({ headers, parameters, certificate, met, address, now })
  }

  return createFormEndpoint(context, 'revoke', 'token.revoked', async (form) => {
    const { parameters, now } = form
    const client = await askerOf(form)
    if (client === undefined) {
      tellNothing('refresh_unopened')
      return DONE
    }
    const token = parameters.require('token')
    keyRing.open(now)
    const kind = guess(token)
    if (kind === 'refresh') {
      if (guard === undefined && revocations === undefined)
        throw refusal(
          'unsupported_token_type',
          'no_guard',
          'there is neither a guard nor a list that could remember it',
        )
      await revokeRefresh(token, client, form)
    }
    // What was sealed to a server's own key the issuer cannot open, so it cannot tell whose it is.
    if (kind === 'sealed to its server') throw unsupported()
    if (kind === 'access') await revokeAccess(token, client, now)
    if (kind === 'other') tellNothing('token_unopened')
    return DONE
  })
}
