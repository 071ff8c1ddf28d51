/**
 * The document of an issuer (RFC 8414, OpenID Connect Discovery), as clients read it.
 *
 * @module
 */

import { judgeAbilities } from './abilities.ts'
import { judgeAddress, type Place } from './addresses.ts'
import { type Json, type Kind, textOf, textsOf, wrongMembers } from './document.ts'
import { breaks, type Finding, shown, warns } from './finding.ts'

/** What a client takes out of the document. */
export interface Issuer {
  readonly issuer: string
  readonly authorize: string
  readonly token: string
  /** Where clients register themselves, if they may. */
  readonly register: string | undefined
  /** Whether a client may be the URL of a document. */
  readonly hasDocuments: boolean
  /** Whether `iss` comes with each answer (RFC 9207). */
  readonly hasIss: boolean
  readonly grants: readonly string[] | undefined
}

const KINDS: Readonly<Record<string, Kind>> = {
  issuer: 'text',
  authorization_endpoint: 'url',
  token_endpoint: 'url',
  registration_endpoint: 'url',
  jwks_uri: 'url',
  scopes_supported: 'texts',
  response_types_supported: 'texts',
  response_modes_supported: 'texts',
  grant_types_supported: 'texts',
  token_endpoint_auth_methods_supported: 'texts',
  token_endpoint_auth_signing_alg_values_supported: 'texts',
  service_documentation: 'text',
  revocation_endpoint: 'url',
  revocation_endpoint_auth_methods_supported: 'texts',
  introspection_endpoint: 'text',
  code_challenge_methods_supported: 'texts',
  subject_types_supported: 'texts',
  id_token_signing_alg_values_supported: 'texts',
  client_id_metadata_document_supported: 'flag',
}

/** Judges what an issuer calls itself, against what it was called. */
function judgeIssuerName(told: unknown, called: string, isApis: boolean): Finding | undefined {
  if (told === called) return undefined
  if (told === undefined)
    return breaks(
      'issuer',
      'no_issuer_name',
      'The document does not say whose it is: "issuer" is missing.',
      'Write "issuer" into it.',
    )
  const what = `The document is one of ${shown(told)}, but the issuer was looked for as ${shown(called)}`
  const isSlash = typeof told === 'string' && told.replace(/\/$/, '') === called.replace(/\/$/, '')
  if (!isSlash)
    return breaks(
      'issuer',
      'other_issuer',
      `${what}: clients refuse it.`,
      'Tell the issuer its public URL, and write just that at the API, letter by letter.',
    )
  // Who typed it may have added a slash, or left one out.
  if (!isApis) return undefined
  const mend = `Write ${shown(told)} into authorization_servers of the API, letter by letter.`
  return called.endsWith('/')
    ? warns('api', 'issuer_slash', `${what}: a slash is too many, and some clients compare letter by letter.`, mend)
    : breaks('api', 'issuer_slash', `${what}: a slash is missing, and clients compare letter by letter.`, mend)
}

/** Judges where the endpoints are. */
function judgeEndpoints(json: Json, place: Place): readonly Finding[] {
  const needed = ['authorization_endpoint', 'token_endpoint'].map((name) =>
    judgeAddress(name, json[name], 'issuer', place),
  )
  const register = json['registration_endpoint']
  const found = [
    ...needed,
    register === undefined ? undefined : judgeAddress('registration_endpoint', register, 'issuer', place),
  ]
  const bad = found.filter((finding) => finding !== undefined)
  if (bad.length > 0 || typeof register !== 'string') return bad
  const hosts = [register, textOf(json['token_endpoint']) ?? register].map((url) => new URL(url).host)
  return hosts[0] === hosts[1]
    ? []
    : [
        warns(
          'issuer',
          'other_host',
          `Clients register at another host (${shown(hosts[0])}) than the one that gives tokens: some refuse that.`,
          'Keep all endpoints at the host of the issuer.',
        ),
      ]
}

/** What the document is held against. */
export interface Expected {
  /** What the issuer was called. */
  readonly called: string
  /** Whether an API called it so; else a person. */
  readonly isApis: boolean
  readonly resource: string | undefined
  /** What the API names. */
  readonly scopes: readonly string[]
  /** Whether it was found as OpenID Connect has it: then clients want what that wants. */
  readonly isOpenid: boolean
}

/** What a document has that is one of OpenID Connect Discovery (§3), beside the rest. */
const OPENID = ['jwks_uri', 'subject_types_supported', 'id_token_signing_alg_values_supported']

/** Judges the document of an issuer. */
export function judgeIssuer(
  json: Json,
  { called, isApis, resource, scopes, isOpenid }: Expected,
  place: Place,
): { readonly issuer: Issuer; readonly findings: readonly Finding[] } {
  const wrong = wrongMembers(json, KINDS)
  const name = judgeIssuerName(json['issuer'], called, isApis)
  const known = textsOf(json['scopes_supported'])
  const unknown = known === undefined ? [] : scopes.filter((scope) => !known.includes(scope))
  const lacking = isOpenid ? OPENID.filter((member) => json[member] === undefined) : []
  const apis = textsOf(json['protected_resources'])
  const findings = [
    ...(name === undefined ? [] : [name]),
    ...(wrong.length > 0
      ? [
          breaks(
            'issuer',
            'wrong_type',
            `The document has members that clients cannot read: ${wrong.join(', ')}.`,
            'Leave out what is not there, and write the rest as RFC 8414 §2 has it.',
          ),
        ]
      : [...judgeEndpoints(json, place), ...judgeAbilities(json)]),
    ...(lacking.length > 0
      ? [
          breaks(
            'issuer',
            'no_openid',
            `The first document that there is is one of OpenID Connect, and lacks ${lacking.join(', ')}: many clients refuse it.`,
            'Serve the document at /.well-known/oauth-authorization-server, too, or add what it lacks.',
          ),
        ]
      : []),
    ...(unknown.length > 0
      ? [
          warns(
            'api',
            'unlisted_scope',
            `The API names scopes that the issuer does not list: ${shown(unknown.join(' '))}.`,
            'Let both name the same scopes.',
          ),
        ]
      : []),
    ...(apis !== undefined && resource !== undefined && !apis.includes(resource)
      ? [
          warns(
            'issuer',
            'unlisted_resource',
            `The issuer lists the APIs that it is for, and not ${shown(resource)}.`,
            'Add it to "protected_resources".',
          ),
        ]
      : []),
  ]
  return {
    issuer: {
      issuer: textOf(json['issuer']) ?? called,
      authorize: textOf(json['authorization_endpoint']) ?? '',
      token: textOf(json['token_endpoint']) ?? '',
      register: textOf(json['registration_endpoint']),
      hasDocuments: json['client_id_metadata_document_supported'] === true,
      hasIss: json['authorization_response_iss_parameter_supported'] === true,
      grants: textsOf(json['grant_types_supported']),
    },
    findings,
  }
}
