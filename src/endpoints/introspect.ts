/**
 * Introspection, for those who can open nothing: computed from the envelope alone, and told to the token's own resource
 * alone (RFC 7662; the signed answer, RFC 9701).
 *
 * @module
 */

import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import { checkKind } from '../authentication/client_kind.ts'
import type { EndpointContext } from '../context.ts'
import { createFormEndpoint, type FormEndpoint } from '../http/form_endpoint.ts'
import { createLimiting } from '../http/limiting.ts'
import { type Answer, answerJson } from '../http/respond.ts'
import type { AccessTokens } from '../issuing/access_tokens.ts'
import type { HasEnded } from '../issuing/ended.ts'
import { toldOfToken } from '../issuing/told_entitlement.ts'
import { isPreferred } from '../protocol/media_type.ts'
import { isProvable } from '../registration/resource.ts'
import { describeEntitlement } from '../token/introspection.ts'

/** The media type of a signed answer (RFC 9701 §4). */
const SIGNED = 'application/token-introspection+jwt'

/** Both answers depend on what was asked for (RFC 9110 §12.5.5). */
const VARY = { Vary: 'Accept' }

/** What the endpoint needs beside the context. */
export interface IntrospectParts {
  readonly authenticateClient: AuthenticateClient
  readonly accessTokens: AccessTokens
  readonly hasEnded: HasEnded
}

/** Returns the introspection endpoint. */
export function createIntrospectEndpoint(
  context: EndpointContext,
  { authenticateClient, accessTokens, hasEnded }: IntrospectParts,
): FormEndpoint {
  const { events, settings } = context
  const limiting = createLimiting(context)
  const { issuer, resources } = settings

  async function sign(body: object, clientId: string, now: number): Promise<Answer> {
    const claims = { iss: issuer, aud: clientId, iat: now, token_introspection: body }
    const jwt = await context.sign(claims, 'token-introspection+jwt', 'ES256', now)
    return {
      status: 200,
      headers: { 'Content-Type': SIGNED, 'Cache-Control': 'no-store', Pragma: 'no-cache', ...VARY },
      body: jwt,
    }
  }

  return createFormEndpoint(
    context,
    'introspect',
    'token.introspected',
    async ({ parameters, headers, certificate, address, now }) => {
      const client = await authenticateClient({ headers, parameters, certificate, now })
      await limiting.checkClient(client, address)
      checkKind(client, 'resource_server')
      const token = parameters.require('token')
      const own = [...client.resources].flatMap((uri) => resources.get(uri) ?? [])
      // A resource server can make direct tokens for itself. What the issuer cannot prove to be its own it tells, and does not sign.
      const provable = isPreferred(headers.get('accept'), SIGNED, 'application/json') ? own.filter(isProvable) : []
      const proved = await accessTokens.openOwn(token, provable, now)
      const opened = proved ?? (await accessTokens.open(token, own, now))
      const isActive = opened !== undefined && !(await hasEnded(opened, now))
      const body = isActive ? describeEntitlement(opened.entitlement, issuer) : { active: false }
      // That something is not active says nothing of anybody, and names no token.
      const isSigned = isActive ? proved !== undefined : provable.length > 0
      const answer = isSigned ? await sign(body, client.id, now) : answerJson(200, body, VARY)
      events.tell('token.introspected', isActive ? toldOfToken(opened.entitlement) : {})
      return answer
    },
  )
}
