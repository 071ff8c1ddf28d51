/**
 * What an issuer says that it can do, and demands (RFC 8414 §2, RFC 7636, RFC 9126).
 *
 * @module
 */

import { type Json, textsOf } from './document.ts'
import { breaks, type Fault, type Finding, warns } from './finding.ts'

/** Judges what an issuer can do, and demands. */
export function judgeAbilities(json: Json): readonly Finding[] {
  const out: Finding[] = []
  const add = (isWrong: boolean, make: typeof breaks, ...rest: [Fault, string, string, string]): void => {
    if (isWrong) out.push(make(...rest))
  }
  const lists = (name: string): readonly string[] | undefined => textsOf(json[name])
  const [types, methods] = [lists('response_types_supported'), lists('code_challenge_methods_supported')]
  const [grants, secrets] = [lists('grant_types_supported'), lists('token_endpoint_auth_methods_supported')]
  add(
    types === undefined,
    breaks,
    'issuer',
    'no_response_types',
    '"response_types_supported" is missing: clients refuse the document.',
    'Write "response_types_supported": ["code"].',
  )
  add(
    types !== undefined && !types.includes('code'),
    breaks,
    'issuer',
    'no_code',
    'The issuer gives no code: "response_types_supported" lacks "code".',
    'Support the authorization code flow.',
  )
  add(
    methods === undefined,
    breaks,
    'issuer',
    'no_pkce',
    '"code_challenge_methods_supported" is missing: clients must take it that there is no PKCE, and stop.',
    'Write "code_challenge_methods_supported": ["S256"].',
  )
  add(
    methods !== undefined && !methods.includes('S256'),
    breaks,
    'issuer',
    'no_s256',
    'The issuer does not support S256, the one method of PKCE that clients use.',
    'Support it, and write "code_challenge_methods_supported": ["S256"].',
  )
  add(
    grants !== undefined && !grants.includes('authorization_code'),
    breaks,
    'issuer',
    'no_code_grant',
    '"grant_types_supported" lacks "authorization_code".',
    'Support it, and list it.',
  )
  add(
    grants !== undefined && !grants.includes('refresh_token'),
    warns,
    'issuer',
    'no_refresh',
    'The issuer gives no refresh tokens: a person logs in anew whenever an access token ends.',
    'Support the grant "refresh_token", and list it.',
  )
  add(
    secrets !== undefined &&
      !['none', 'client_secret_basic', 'client_secret_post'].some((one) => secrets.includes(one)),
    breaks,
    'client_policy',
    'no_method',
    'Clients can neither be public nor have a secret here: "token_endpoint_auth_methods_supported" lacks what they know.',
    'Support "none" for public clients.',
  )
  add(
    json['require_pushed_authorization_requests'] === true,
    breaks,
    'client_policy',
    'par_needed',
    'The issuer takes pushed authorization requests alone, which MCP clients do not make.',
    'Demand them only of clients that you know.',
  )
  add(
    json['require_signed_request_object'] === true,
    breaks,
    'client_policy',
    'signed_needed',
    'The issuer takes signed requests alone, which MCP clients do not make.',
    'Demand them only of clients that you know.',
  )
  return out
}
