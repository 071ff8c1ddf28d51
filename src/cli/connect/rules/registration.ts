/**
 * How a client comes by an id that it does not have yet (RFC 7591, client ID metadata documents).
 *
 * @module
 */

import { type Answer, isPage, isRedirect, shownStatus } from './answer.ts'
import { type Json, type Kind, readDocument, textOf, textsOf, wrongMembers } from './document.ts'
import { breaks, type Finding, shown, shownUrl, warns } from './finding.ts'
import type { Issuer } from './issuer.ts'

/** Where the client that is registered would be answered: nobody listens there. */
export const REDIRECT_URI = 'http://127.0.0.1:33418/callback'

/** Returns what the client says of itself. */
export function clientMetadata(scopes: readonly string[]): Json {
  return {
    client_name: 'bulla doctor (to be deleted)',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  }
}

/** A client that was registered. */
export interface Registered {
  readonly id: string
  readonly secret: string | undefined
  readonly method: string
}

const KINDS: Readonly<Record<string, Kind>> = {
  client_id: 'text',
  client_secret: 'text',
  client_id_issued_at: 'number',
  client_secret_expires_at: 'number',
  redirect_uris: 'urls',
  token_endpoint_auth_method: 'text',
  grant_types: 'texts',
  response_types: 'texts',
  client_name: 'text',
  client_uri: 'url',
  scope: 'text',
  contacts: 'texts',
  policy_uri: 'text',
  jwks_uri: 'url',
  software_id: 'text',
  software_version: 'text',
  software_statement: 'text',
}

/** Returns what it means for a client that is not known yet that it can neither register nor be a document. */
export function judgeWays({ register, hasDocuments }: Issuer): Finding | undefined {
  if (register !== undefined || hasDocuments) return undefined
  return breaks(
    'client_policy',
    'no_registration',
    'The issuer knows only clients that were set up by hand: it names no registration_endpoint, and takes no client ID metadata documents.',
    'Turn one of them on, or give each person the id of a client that you set up.',
  )
}

/** What an error in JSON says. */
export function errorOf({ text }: Answer): { readonly error: string | undefined; readonly words: string } {
  try {
    const json: unknown = JSON.parse(text)
    const { error, error_description: description } = (json ?? {}) as Json
    return { error: textOf(error), words: [textOf(error), textOf(description)].filter(Boolean).join(': ') }
  } catch {
    return { error: undefined, words: '' }
  }
}

/** Returns why a registration that was refused was. */
export function judgeRefused(answer: Answer): Finding {
  const { status } = answer
  const { words } = errorOf(answer)
  const said = words === '' ? '' : `, saying ${shown(words)}`
  const at = shownUrl(answer.url)
  if (status === 401 || status === 403)
    return breaks(
      'client_policy',
      'token_needed',
      `The issuer registers nobody who does not show it a token first (${status})${said}.`,
      'Let anybody register, or take client ID metadata documents, or set clients up by hand.',
    )
  if (status === 429)
    return breaks(
      'client_policy',
      'too_many',
      'The issuer takes no more registrations for now (429).',
      'Try again later; see whether the limit is meant for so few.',
    )
  if (status === 404 || status === 405)
    return breaks(
      'issuer',
      'no_endpoint',
      `The issuer names ${at} for registration, and there is nothing (${status}).`,
      'Turn registration on, or leave registration_endpoint out.',
    )
  if (status >= 500)
    return breaks('issuer', 'failed', `The registration fails with ${status}.`, "See the issuer's log.")
  if (isRedirect(answer) || isPage(answer))
    return breaks(
      'issuer',
      'no_endpoint',
      `${at} answers a registration with ${shownStatus(answer)}.`,
      'Answer POST with JSON there.',
    )
  return breaks(
    'client_policy',
    'refused',
    `The issuer refuses a public client on 127.0.0.1 (${status})${said}.`,
    'Let it register public clients with loopback redirect URIs, as every client on a desktop has them.',
  )
}

/** Judges the answer to a registration that went well. */
export function judgeRegistered(
  answer: Answer,
  { grants }: Issuer,
): { readonly client: Registered | undefined; readonly findings: readonly Finding[] } {
  const document = readDocument(answer, 'issuer')
  if (!document.ok) return { client: undefined, findings: [document.finding] }
  const { json } = document
  const wrong = wrongMembers(json, KINDS)
  const [id, secret] = [textOf(json['client_id']), textOf(json['client_secret'])]
  const given = textsOf(json['grant_types'])
  const method = textOf(json['token_endpoint_auth_method']) ?? (secret === undefined ? 'none' : 'client_secret_basic')
  const findings: readonly (Finding | false)[] = [
    id === undefined &&
      breaks(
        'issuer',
        'no_client_id',
        'The answer to the registration holds no client_id.',
        'Answer with all that was registered (RFC 7591 §3.2.1).',
      ),
    json['redirect_uris'] === undefined &&
      breaks(
        'issuer',
        'no_redirect_uris',
        'The answer to the registration lacks redirect_uris: clients refuse it.',
        'Answer with all that was registered (RFC 7591 §3.2.1).',
      ),
    wrong.length > 0 &&
      breaks(
        'issuer',
        'wrong_type',
        `The answer to the registration has members that clients cannot read: ${wrong.join(', ')}.`,
        'Leave out what is not there, in place of null or an empty text.',
      ),
    json['redirect_uris'] !== undefined &&
      textsOf(json['redirect_uris'])?.includes(REDIRECT_URI) === false &&
      breaks(
        'issuer',
        'other_redirect_uris',
        'The answer to the registration has other redirect_uris than were asked for.',
        'Keep them as they come, or refuse them.',
      ),
    answer.status !== 201 &&
      warns(
        'issuer',
        'no_201',
        `The registration is answered with ${answer.status}, and not 201.`,
        'Answer 201 (RFC 7591 §3.2.1).',
      ),
    method === 'none' &&
      secret !== undefined &&
      warns(
        'issuer',
        'secret_for_none',
        'A public client gets a secret: some clients then send it, and are refused.',
        'Give no secret where the method is "none".',
      ),
    secret !== undefined &&
      json['client_secret_expires_at'] === undefined &&
      warns(
        'issuer',
        'no_expiry',
        'A secret comes without client_secret_expires_at, which some clients demand.',
        'Send it; 0 where the secret has no end.',
      ),
    given !== undefined &&
      !given.includes('refresh_token') &&
      grants?.includes('refresh_token') !== false &&
      warns(
        'client_policy',
        'no_refresh',
        'The client that registered for refresh tokens gets none: a person logs in anew whenever an access token ends.',
        'Let clients that register have the grant "refresh_token".',
      ),
  ]
  return {
    client: id === undefined ? undefined : { id, secret, method },
    findings: [...document.findings, ...findings.filter((finding) => finding !== false)],
  }
}
