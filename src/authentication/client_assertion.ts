/**
 * Client authentication by key: an assertion that the client signed (RFC 7521 §4.2, RFC 7523 §2.2 and §3).
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Client } from '../registration/clients/client.ts'
import { isByDocument } from '../registration/known_clients.ts'
import { reasonOfAssertion } from '../remote/assertion_reason.ts'
import type { Assertions } from '../remote/signer_keys.ts'
import { type AssertionClaims, CLOCK_TOLERANCE, readAssertion, type UnprovedAssertion } from '../token/assertion.ts'

/** The one type of assertion that is taken (RFC 7523 §2.2). */
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Seconds that a spent assertion is remembered beyond the time at which it is refused anyway. */
const MARGIN = 60

/** What `typ` may be, where it is there: what was signed for another purpose is no assertion. */
const TYPES = ['jwt', 'client-authentication+jwt']

/** An assertion as it came. */
export interface ClientAssertion {
  readonly jwt: string
  /** The `client_id` beside it, which may be missing (RFC 7521 §4.2). */
  readonly id: string | undefined
}

/** Who brings one. */
interface Sender {
  /** The client that the endpoint had to learn about. */
  readonly met?: Client | undefined
  /** From where it comes, as far as the platform tells. */
  readonly address?: string | undefined
  /** Unix seconds. */
  readonly now: number
}

/** A client that proved itself. */
export interface ProvedClient {
  readonly client: Client
  /**
   * Spends the assertion; nothing where the client proved itself by what can be shown again.
   *
   * @throws {OAuthError} `invalid_client` when it was used before
   */
  readonly spend?: () => Promise<void>
}

/**
 * Reads the client assertion of a request, if it has one.
 *
 * @throws {OAuthError} `invalid_request` when it is not complete, or there is another way of authentication beside it;
 * `invalid_client` when it is of another type
 */
export function readClientAssertion(authorization: string | null, parameters: Parameters): ClientAssertion | undefined {
  const [jwt, type] = [parameters.get('client_assertion'), parameters.get('client_assertion_type')]
  if (jwt === undefined && type === undefined) return undefined
  if (authorization !== null || parameters.get('client_secret') !== undefined)
    throw refusal('invalid_request', 'malformed', 'two ways of client authentication')
  if (jwt === undefined || type === undefined)
    throw refusal('invalid_request', 'malformed', 'client_assertion and client_assertion_type go together')
  if (type !== TYPE) throw refusal('invalid_client', 'assertion_malformed', 'the client assertion is of another type')
  return { jwt, id: parameters.get('client_id') }
}

/** Returns what an assertion says of itself; nothing where it is none. */
export function readUnproved(jwt: string): UnprovedAssertion | undefined {
  try {
    return readAssertion(jwt)
  } catch (error) {
    if (error instanceof TokenError) return undefined
    throw error
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Returns what proves clients by their assertions. */
export function createAssertionAuthentication(
  { settings, clients, events }: EndpointContext,
  assertions: Assertions,
): (assertion: ClientAssertion, from: Sender) => Promise<ProvedClient> {
  const { issuer, guard } = settings

  async function open(jwt: string, client: Client, { now, address }: Sender): Promise<AssertionClaims> {
    if (client.signer === undefined)
      throw refusal('invalid_client', 'wrong_method', 'the client is registered for another way')
    const { audience, longestLife } = client.signer
    const rules = {
      issuer: client.id,
      audience: audience === 'issuer' ? issuer : `${issuer}/token`,
      audienceForm: 'text',
      algorithms: [client.signer.alg],
      required: ['sub', 'jti'],
      types: TYPES,
      now,
      clockTolerance: CLOCK_TOLERANCE,
      longestLife,
      longestRest: longestLife,
    } as const
    return assertions.open(jwt, client.signer, rules, address)
  }

  async function prove({ jwt, id }: ClientAssertion, from: Sender): Promise<ProvedClient> {
    const { met } = from
    const { iss, sub } = readAssertion(jwt)
    const named = id ?? sub ?? ''
    const client = met?.id === named ? met : clients.find(named)
    if (client === undefined) throw refusal('invalid_client', 'unknown_client', 'unknown client')
    if (client === met || !isByDocument(client))
      events.note({ client: client.id, proved: false, method: 'private_key_jwt' })
    // Looked at before the signature over it, so that nobody's keys are fetched for what is another's.
    if (iss !== client.id || sub !== client.id)
      throw refusal('invalid_client', 'other_client', 'the client assertion is of or about another client')
    const { jti, exp } = await open(jwt, client, from)
    if (!isText(jti)) throw refusal('invalid_client', 'assertion_malformed', 'the client assertion has no jti')
    events.note({ proved: true })
    const until = Math.ceil(exp as number) + CLOCK_TOLERANCE + MARGIN
    return {
      client,
      async spend() {
        const name = `assertion ${digestLabels('client', client.id, jti)}`
        if ((await guard?.spend(name, until)) === 'first') return
        events.note({ proved: false })
        throw refusal('invalid_client', 'assertion_replayed', 'the client assertion was used before')
      },
    }
  }

  return async (assertion, from) => {
    try {
      return await prove(assertion, from)
    } catch (cause) {
      if (!(cause instanceof TokenError)) throw cause
      // Whose keys nobody can get just now is no other than before: it would throw all away.
      if (cause.code === 'unavailable' && from.met !== undefined)
        throw refusal('temporarily_unavailable', 'remote_down', 'the keys of the client cannot be had', { cause })
      throw refusal(
        'invalid_client',
        reasonOfAssertion(cause.code),
        `the client assertion is not good: ${cause.code}`,
        { cause },
      )
    }
  }
}
