/**
 * The revocation bundle for all verifiers, and the operator's own hand at it.
 *
 * @module
 */

import { createKept } from '../kept.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Revocations } from '../stores/revocations.ts'
import { REVOCATIONS_TYP, type RevocationKind } from '../token/revocations.ts'
import { signClaims } from '../token/signed.ts'
import type { AuthenticateClient } from './client_authentication.ts'
import type { EndpointContext } from './context.ts'
import { createFormEndpoint, type FormEndpoint } from './form_endpoint.ts'
import { type Answer, answerError, answerJson } from './respond.ts'

/** Seconds that anybody may keep a bundle. */
const MAX_AGE = 5

/** Seconds between two dates of bundles: within, what has not changed need not be sent again. */
const DATE_EVERY = 30

/** Seconds that one process may give the same bundle, or say that it has none. */
const KEPT_FOR = 2

/** Seconds that a bundle is good for; a verifier's own `maxStale` is shorter. */
const BUNDLE_LIFE = 3600

/** Seconds by which the clocks of the issuer's machines may differ when somebody is revoked. */
const MARGIN = 10

/**
 * Seconds from a revocation to its refusal by every verifier with default settings, while the issuer can be reached: 2 in
 * the issuer, 5 on the way, 10 in the verifier, and 2.5 for the fetch itself.
 */
export const REVOCATION_DELAY = 20

/** Seconds that the revocation of a key lasts, ten years: longer than a ring opens what was sealed with it. */
const KEY_LIFE = 315_360_000

/** What an operator can revoke, and what it is called in a bundle. */
const KINDS: Readonly<Record<string, RevocationKind>> = { sub: 'sub', client: 'client', grant: 'gid', kid: 'kid' }

/** The answer with a bundle, or why there is none. */
type Told = { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly error: unknown }

/** Returns `GET /revocations`. */
export function createRevocationsEndpoint(context: EndpointContext, revocations: Revocations): () => Promise<Answer> {
  const { settings, keyRing, log } = context
  const { issuer } = settings

  async function create(now: number): Promise<Answer> {
    const signer = keyRing.open(now).signingKeys.signing('ES256', now)
    if (signer === undefined) throw new OAuthError('temporarily_unavailable', 'no key signs now', { retryAfter: 60 })
    const { epoch, seq, salt, events } = await revocations.read(now, 'access tokens')
    const iat = now - (now % DATE_EVERY)
    // JSON leaves out an epoch that is not there.
    const claims = { iss: issuer, iat, exp: iat + BUNDLE_LIFE, epoch, seq, salt, events }
    const headers = {
      'Content-Type': 'application/jwt',
      'Cache-Control': `public, max-age=${MAX_AGE}`,
      ETag: `W/"${epoch ?? 0}-${seq}-${iat}"`,
    }
    return { status: 200, headers, body: await signClaims(claims, REVOCATIONS_TYP, signer) }
  }

  const told = (now: number): Promise<Told> =>
    create(now).then(
      (answer) => ({ ok: true, answer }),
      (error: unknown) => ({ ok: false, error }),
    )
  const kept = createKept(told, {
    fresh: () => KEPT_FOR,
    hold: KEPT_FOR,
    most: KEPT_FOR,
    cooldown: KEPT_FOR,
    retry: KEPT_FOR,
  })

  return async () => {
    const given = await kept.get(context.now())
    return given.ok ? given.answer : answerError(given.error, { event: 'revocations', log })
  }
}

/** What the operator's endpoint needs beside the context. */
export interface OperatorParts {
  readonly authenticateClient: AuthenticateClient
  readonly revocations: Revocations
}

/** Returns `POST /revocations`: an operator revokes a subject, a client, a grant or a key. */
export function createOperatorEndpoint(
  context: EndpointContext,
  { authenticateClient, revocations }: OperatorParts,
): FormEndpoint {
  const { settings, log } = context
  const { resources, clients, guard, longestLife, trustedIssuers, pairwise } = settings
  const longestToken = [...resources.values()].reduce(
    (longest, { accessTokenLifetime }) => Math.max(longest, accessTokenLifetime),
    0,
  )
  // An assertion of before must not be good again, either.
  const longest = [...trustedIssuers.values()].reduce((most, issuer) => Math.max(most, issuer.longestLife), longestLife)
  return createFormEndpoint(context, 'revocations', async ({ parameters, headers, certificate, now }) => {
    const client = await authenticateClient({ headers, parameters, certificate, now })
    if (client.kind !== 'operator') throw new OAuthError('unauthorized_client', 'not an operator')
    const [asked, value] = [parameters.require('kind'), parameters.require('value')]
    const kind = Object.hasOwn(KINDS, asked) ? KINDS[asked] : undefined
    if (kind === undefined) throw new OAuthError('invalid_request', 'kind is unknown')
    // A person or a client can come back, and what is issued then is good; a grant or a key never is again.
    const isFinal = kind === 'gid' || kind === 'kid'
    const [token, other] = [now + longestToken + 120, now + Math.max(longest, longestToken + 1) + 120]
    const [until, keep] = kind === 'kid' ? [now + KEY_LIFE, now + KEY_LIFE] : [token, other]
    // Where subjects are pairwise, tokens know a person, and an approval, by other names: all of them are hit.
    const values = kind === 'sub' || kind === 'gid' ? pairwise.namesOf(kind, value) : [value]
    for (const name of values) {
      await revocations.add({ kind, value: name, at: isFinal ? keep : now + MARGIN, until, keep, by: 'operator' }, now)
      if (kind === 'gid') await guard?.end(name, keep)
    }
    log({ level: 'info', event: 'revocations', code: kind, client: client.id })
    // Anonymous tokens name no client: nobody is told that these were revoked.
    const isAnonymous = kind === 'client' && clients.get(value)?.anonymous === true
    const except = isAnonymous ? { except: 'anonymous tokens' } : {}
    return answerJson(200, { revoked: asked, effective_within: REVOCATION_DELAY, ...except })
  })
}
