/**
 * The authorization request: what a client asks a person for, once it is proved where the answer may go (RFC 6749 §4.1.1).
 *
 * @module
 */

import { type ClaimsRequest, NO_CLAIMS, readClaimsRequest } from '../openid/claims_request.ts'
import { OPENID } from '../openid/openid.ts'
import { askable } from '../openid/told_claims.ts'
import { refusal } from '../protocol/error.ts'
import { type Parameters, writeParameters } from '../protocol/parameters.ts'
import { readChallenge } from '../protocol/pkce.ts'
import { readResponseMode } from '../protocol/response_mode.ts'
import { isVisible } from '../protocol/visible.ts'
import type { Client } from '../registration/clients/client.ts'
import type { HandOver } from '../registration/resource.ts'
import { type Destination, LONGEST_STATE } from './destination.ts'
import { ANY_AGE, type Prompt, readMaxAge, readPrompt } from './prompt.ts'
import { isForPersonsAlone, readWishes, type Wishes, type WishPolicy } from './wishes.ts'

/** What is known of a request because it was pushed (RFC 9126). */
export interface Pushed {
  /** Names it: it leads to one code. */
  readonly jti: string
  /** When nothing can come of it any more. Unix seconds. */
  readonly until: number
  /** The thumbprint of the DPoP key that was proved when it was pushed; once it is sealed, it is one of the parameters. */
  readonly jkt?: string
  /** Whether a browser has just brought it, signed by its client: then the client did not push it. */
  readonly isBrought?: true
  /** When a login for it was begun at which a person was proved: a session since then is as new as it asks for. Unix seconds. */
  readonly metAt?: number
  /** The login for it at which a provider gave tokens, and whose they are: what is handed over is kept for that one alone. */
  readonly handed?: Handed
}

/** A login at which a provider gave tokens. */
export interface Handed {
  /** Names it. */
  readonly jti: string
  readonly sub: string
}

/** What a client asks a person for. */
export interface AuthorizationRequest extends Wishes {
  readonly destination: Destination
  /** The whole request as a form, to go on with after a login, or an answer. */
  readonly parameters: string
  /** Nothing where the browser brought the request itself. */
  readonly pushed: Pushed | undefined
  /** Nothing where the client may do without, and did. */
  readonly codeChallenge: string | undefined
  /** The claims that are asked for one by one. */
  readonly claims: ClaimsRequest
  readonly nonce: string | undefined
  /** The thumbprint of the DPoP key that alone may redeem the code (RFC 9449 §10). */
  readonly dpopJkt: string | undefined
  readonly prompt: ReadonlySet<Prompt>
  /** Seconds since the login at the most; where it is there, `auth_time` must be known. */
  readonly maxAge: number | undefined
  readonly loginHint: string | undefined
}

/** What a person is asked for, whoever hears the answer, and where. */
export interface Asked extends Wishes, Pick<AuthorizationRequest, 'claims'> {
  readonly destination: Pick<Destination, 'client'>
}

/** The response types, as the metadata lists them. */
export const RESPONSE_TYPES: readonly string[] = ['code']

/** The parameters that mean something here; nothing else of a request is kept (RFC 6749 §3.1). */
const PARAMETERS: readonly string[] = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'resource',
  'authorization_details',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'nonce',
  'prompt',
  'max_age',
  'login_hint',
  'claims',
  'id_token_hint',
  'acr_values',
  'ui_locales',
  'idp_hint',
]

/**
 * Bytes that the whole of a request may have, as an envelope carries it: so the longest one still comes back from a login in
 * a URL of 8 KB.
 */
const LONGEST_REQUEST = 4500

/** Characters that it may have in a URL of 8 KB, as a browser writes it. */
const LONGEST_QUERY = 7900

/** Characters that `nonce`, `login_hint` and what else goes to the login may have. */
const LONGEST_VALUE = 512

function checkResponse(parameters: Parameters, { redirectUri }: Destination): void {
  const type = parameters.require('response_type')
  if (!RESPONSE_TYPES.includes(type))
    throw refusal('unsupported_response_type', 'response_type', 'response_type is not code')
  if (readResponseMode(parameters.get('response_mode'), redirectUri) === undefined)
    throw refusal('invalid_request', 'response_type', 'response_mode is unknown, or cannot be for this redirect URI')
  if (parameters.get('request') !== undefined)
    throw refusal('request_not_supported', 'request_object', 'request is not taken')
  // A request that is pushed cannot refer to another (RFC 9126 §2.1); at the authorization endpoint it was resolved before.
  if (parameters.get('request_uri') !== undefined)
    throw refusal('invalid_request', 'request_uri', 'request_uri in a request')
}

/** Returns the request as a form, unless that is too long to be carried with what it hands over; one that was not pushed goes through a URL again. */
function writeRequest(
  parameters: Parameters,
  pushed: Pushed | undefined,
  dpopJkt: string | undefined,
  handOver: HandOver | undefined,
): string {
  const bound = dpopJkt === undefined ? '' : `&dpop_jkt=${dpopJkt}`
  // A login or a question that is asked for on the way makes it longer: what is taken once is taken again.
  const others = PARAMETERS.filter((name) => name !== 'prompt' && name !== 'max_age')
  const onTheWay = `&prompt=login+consent&max_age=${ANY_AGE}`
  const longest = `${writeParameters(parameters, others)}${onTheWay}${bound}`
  const inUrl = pushed === undefined ? new URLSearchParams(longest).toString() : ''
  const sealed = new TextEncoder().encode(JSON.stringify([longest, ...(handOver?.scope ?? [])]).slice(2))
  if (sealed.length > LONGEST_REQUEST || inUrl.length > LONGEST_QUERY)
    throw refusal('invalid_request', 'too_long', 'the request is too long')
  return writeParameters(parameters, PARAMETERS) + bound
}

function readShort(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name)
  if ((value ?? '').length > LONGEST_VALUE) throw refusal('invalid_request', 'too_long', `${name} is too long`)
  return value
}

/** Returns a value that goes to whoever logs the person in, who may show it. */
function readSeen(parameters: Parameters, name: string): string | undefined {
  const value = readShort(parameters, name)
  if (value !== undefined && !isVisible(value))
    throw refusal('invalid_request', 'malformed', `${name} has a character that nobody can see`)
  return value
}

/** Returns the key that a code is for: the one that is named, or the one that a pushed request proved (RFC 9449 §10.1). */
function readDpopJkt(parameters: Parameters, pushed: Pushed | undefined): string | undefined {
  const jkt = parameters.get('dpop_jkt')
  if (jkt !== undefined && !/^[\w-]{43}$/.test(jkt))
    throw refusal('invalid_request', 'malformed', 'dpop_jkt is no thumbprint')
  const proved = pushed?.jkt
  if (jkt !== undefined && proved !== undefined && jkt !== proved)
    throw refusal('invalid_dpop_proof', 'wrong_key', 'dpop_jkt is of another key than the proof')
  return jkt ?? proved
}

/** What the operator lets clients ask for, and how. */
export interface AuthorizationPolicy extends WishPolicy {
  /** Whether all clients must push their requests. */
  readonly isPushing: boolean
}

/** Returns the code challenge; nothing where there is not a word of one, and the client may do without for some requests. */
function readCodeChallenge(parameters: Parameters, { openid }: Client): string | undefined {
  const [challenge, method] = [parameters.get('code_challenge'), parameters.get('code_challenge_method')]
  if (openid.isPkceOptional && challenge === undefined && method === undefined) return undefined
  return readChallenge(challenge, method)
}

/**
 * Reads what the client asks for: phase 2, the same for requests that are pushed and those that are not. What it throws may
 * go to the destination.
 *
 * The order is fixed: repetitions, state, response type and mode, PKCE, scope, resource and details, prompt and age, size,
 * policy.
 *
 * @param pushed nothing where the browser brought the request itself
 * @throws {OAuthError} any code of RFC 6749 §4.1.2.1, RFC 8707 §2, RFC 9396 §5, OpenID Connect Core §3.1.2.6
 */
export function readAuthorizationRequest(
  parameters: Parameters,
  destination: Destination,
  policy: AuthorizationPolicy,
  pushed?: Pushed,
): AuthorizationRequest {
  const { client } = destination
  parameters.checkOnce()
  if ((parameters.get('state') ?? '').length > LONGEST_STATE)
    throw refusal('invalid_request', 'too_long', 'state is too long')
  checkResponse(parameters, destination)
  const codeChallenge = readCodeChallenge(parameters, client)
  const wishes = readWishes(parameters, client, policy)
  const { openid } = policy
  const isOpenid = openid !== undefined && wishes.scope.includes(OPENID)
  const claims = isOpenid ? readClaimsRequest(parameters.get('claims'), askable(openid, client.scopes)) : NO_CLAIMS
  if (codeChallenge === undefined && !isForPersonsAlone(wishes, policy))
    throw refusal('invalid_request', 'pkce', 'code_challenge is missing, and not only who the person is is asked for')
  const prompt = readPrompt(parameters.get('prompt'))
  const maxAge = readMaxAge(parameters.get('max_age'), client.openid, claims, isOpenid)
  const dpopJkt = readDpopJkt(parameters, pushed)
  const nonce = readShort(parameters, 'nonce')
  const loginHint = readSeen(parameters, 'login_hint')
  for (const name of ['acr_values', 'ui_locales', 'idp_hint']) readSeen(parameters, name)
  const written = writeRequest(parameters, pushed, dpopJkt, wishes.handOver)
  if (!client.grantTypes.has('authorization_code')) {
    throw refusal('unauthorized_client', 'grant_type', 'the client may not use the authorization endpoint')
  }
  if ((pushed === undefined || pushed.isBrought) && (policy.isPushing || client.isPushing))
    throw refusal('invalid_request', 'not_pushed', 'the client must push its requests')
  const rest = { codeChallenge, claims, nonce, dpopJkt, prompt, maxAge, loginHint }
  return { destination, ...wishes, parameters: written, pushed, ...rest }
}
