/**
 * Somebody whom a trusted issuer vouches for (RFC 7521 §4.1, RFC 7523 §3).
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { TokenError } from '../jose/error.ts'
import { type OAuthErrorCode, refusal } from '../protocol/error.ts'
import { externalSubject } from '../protocol/subject.ts'
import { visibleText } from '../protocol/visible.ts'
import type { Client } from '../registration/clients/client.ts'
import { rulesFor, type TrustedIssuer, type TrustRule } from '../registration/trusted_issuer.ts'
import { reasonOfAssertion } from '../remote/assertion_reason.ts'
import { type AssertionClaims, CLOCK_TOLERANCE, readAssertion } from '../token/assertion.ts'
import type { GrantContext } from './grant.ts'
import { ID_JAG_CLAIMS } from './id_jag.ts'

/** Somebody whom a trusted issuer vouches for. */
export interface Vouched {
  readonly issuer: TrustedIssuer
  readonly claims: AssertionClaims
  /** Who it is here. */
  readonly sub: string
  /** Who it is where the assertion is from. */
  readonly name: string
  /** Unix seconds. */
  readonly exp: number
  /** Names the assertion: not its text, which could have another spelling. */
  readonly id: string
  /** What it is worth to the client; at least one rule. */
  readonly rules: readonly TrustRule[]
}

/** What is needed of the context where somebody vouches. */
export type VouchedContext = Pick<GrantContext, 'now' | 'isRevoked' | 'brought'>

/** What `typ` may be, where the settings name none: what was signed for another purpose is no assertion. */
const TYPES = ['jwt', 'authorization-grant+jwt']

/** What a subject may be: a person may come to read it, in a log or beside what it did. */
const SUBJECT = visibleText(512)

/** Seconds after which a client may try again when keys cannot be fetched. */
const RETRY_AFTER = 30

async function open(jwt: string, issuer: TrustedIssuer, context: VouchedContext): Promise<AssertionClaims> {
  const { iss, profile, audience, algorithms, typ, longestLife } = issuer
  const isIdJag = profile === 'id-jag'
  return context.brought.assertions.open(jwt, issuer, {
    issuer: iss,
    audience,
    audienceForm: 'alone',
    algorithms,
    required: isIdJag ? ID_JAG_CLAIMS : [],
    ...(typ === undefined ? { types: TYPES } : { typ, isTypExact: isIdJag }),
    now: context.now,
    clockTolerance: CLOCK_TOLERANCE,
    longestLife,
    longestRest: longestLife,
  })
}

/** Returns what names an assertion: its `jti`; or else its claims, for the signature and the header can be another's. */
function idOf(iss: string, jti: unknown, payload: string): string {
  const name = typeof jti === 'string' && jti !== '' ? ['jti', jti] : ['claims', payload]
  return `assertion ${digestLabels('issuer', iss, ...name)}`
}

async function read(jwt: string, client: Client, context: VouchedContext, code: OAuthErrorCode): Promise<Vouched> {
  const { iss, payload } = readAssertion(jwt)
  const issuer = context.brought.trustedIssuers.get(iss ?? '')
  if (issuer === undefined)
    throw refusal(
      code,
      iss === undefined ? 'assertion_malformed' : 'unknown_issuer',
      'the assertion is of nobody who is trusted',
    )
  const claims = await open(jwt, issuer, context)
  const { sub, jti, iat, exp, cnf, act, authorization_details } = claims
  if (typeof sub !== 'string' || !SUBJECT.test(sub))
    throw refusal(code, 'assertion_malformed', 'the assertion has no subject')
  const rules = rulesFor(issuer, claims, client.id)
  if (rules.length === 0) throw refusal(code, 'not_admitted', 'no rule admits the assertion for this client')
  if (cnf !== undefined && !context.brought.isProved(cnf as object))
    throw refusal(code, 'wrong_key', 'the assertion is bound to a key that the request does not prove')
  if (act !== undefined || authorization_details !== undefined)
    throw refusal(code, 'assertion_malformed', 'the assertion names actors or details, which have no meaning here')
  // Within the tolerance of clocks an assertion can be over: a token of it would live no second.
  if ((exp as number) < context.now + 1) throw refusal(code, 'assertion_expired', 'the assertion has expired')
  const here = externalSubject(issuer.name, sub)
  const target = { sub: here, client_id: client.id, iat: typeof iat === 'number' ? iat : context.now }
  if (await context.isRevoked(target)) throw refusal(code, 'grant_ended', 'the subject or the client is revoked')
  return {
    issuer,
    claims,
    sub: here,
    name: sub,
    exp: Math.floor(exp as number),
    id: idOf(issuer.iss, jti, payload),
    rules,
  }
}

/**
 * Returns whom an assertion vouches for.
 *
 * This does NOT check whether it was used before.
 *
 * @param code the code for an assertion that is not taken
 * @throws {OAuthError} `code`; `temporarily_unavailable` when the issuer's keys cannot be had
 */
export async function openVouched(
  jwt: string,
  client: Client,
  context: VouchedContext,
  code: 'invalid_grant' | 'invalid_request',
): Promise<Vouched> {
  try {
    return await read(jwt, client, context, code)
  } catch (cause) {
    if (!(cause instanceof TokenError)) throw cause
    if (cause.code === 'unavailable')
      throw refusal('temporarily_unavailable', 'remote_down', 'keys cannot be fetched', {
        cause,
        retryAfter: RETRY_AFTER,
      })
    throw refusal(code, reasonOfAssertion(cause.code), `the assertion is not good: ${cause.code}`, { cause })
  }
}

/** Returns the client as far as rules of trust let it: at all of their resources, or at one. */
export function within(client: Client, rules: readonly TrustRule[], uri?: string): Client {
  const at = rules.filter(({ resources }) => uri === undefined || resources.has(uri))
  return {
    ...client,
    resources: new Set([...client.resources].filter((one) => at.some(({ resources }) => resources.has(one)))),
    scopes: new Set([...client.scopes].filter((token) => at.some(({ scopes }) => scopes.has(token)))),
  }
}
