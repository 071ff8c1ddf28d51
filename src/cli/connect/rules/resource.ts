/**
 * The document of an API (RFC 9728), as clients read it.
 *
 * @module
 */

import { isSameResource } from '../../../../keys/identifier.ts'
import { judgeAddress, type Place } from './addresses.ts'
import { type Json, type Kind, textsOf, wrongMembers } from './document.ts'
import { breaks, type Finding, shown, warns } from './finding.ts'

/** What a client takes out of the document. */
export interface Resource {
  /** What the API calls itself: `resource` of all that is asked for it. */
  readonly resource: string | undefined
  /** The issuer that clients go to: the first. */
  readonly issuer: string | undefined
  readonly scopes: readonly string[]
  readonly findings: readonly Finding[]
}

const KINDS: Readonly<Record<string, Kind>> = {
  authorization_servers: 'urls',
  jwks_uri: 'url',
  scopes_supported: 'texts',
  bearer_methods_supported: 'texts',
  resource_signing_alg_values_supported: 'texts',
  resource_name: 'text',
  resource_documentation: 'text',
  resource_policy_uri: 'url',
  resource_tos_uri: 'url',
  tls_client_certificate_bound_access_tokens: 'flag',
  authorization_details_types_supported: 'texts',
  dpop_signing_alg_values_supported: 'texts',
  dpop_bound_access_tokens_required: 'flag',
}

/** Returns what is wrong with what an API calls itself, where it was asked at `api`. */
function judgeName(resource: unknown, api: URL): Finding | undefined {
  const mend = `Write "resource": "${api.origin}${api.pathname === '/' ? '' : api.pathname}" into the document; behind a proxy tell the API its own URL.`
  if (resource === undefined)
    return breaks(
      'api',
      'no_resource',
      'The document does not say what the API is called: "resource" is missing.',
      mend,
    )
  if (typeof resource !== 'string' || !URL.canParse(resource))
    return breaks('api', 'no_url', `"resource" of the document is ${shown(resource)}: no URL.`, mend)
  if (isSameResource(resource, api.origin + api.pathname) || isSameResource(resource, api.href)) return undefined
  const told = new URL(resource)
  const path = told.pathname.replace(/(?<!\/)\/*$/, '/')
  if (told.origin !== api.origin || !`${api.pathname}/`.startsWith(path))
    return breaks(
      'api',
      'other_resource',
      `The document is one of ${shown(resource)}, and not of the URL that was typed: clients refuse it.`,
      mend,
    )
  return warns(
    'api',
    'wider_resource',
    `The document calls the API ${shown(resource)}, and not letter by letter as it is typed: some clients refuse it.`,
    mend,
  )
}

/** Judges the document of the API at a URL. */
export function judgeResource(json: Json, api: URL, place: Place): Resource {
  const findings: Finding[] = []
  const add = (finding: Finding | undefined): void => void (finding && findings.push(finding))
  const { resource, authorization_servers: servers } = json
  add(judgeName(resource, api))
  const list = 'Write "authorization_servers": ["https://…"], with the issuer as it calls itself.'
  if (servers === undefined || (Array.isArray(servers) && servers.length === 0))
    add(
      breaks(
        'api',
        'no_issuer',
        'The document does not say who issues tokens: "authorization_servers" is missing or empty.',
        list,
      ),
    )
  const wrong = wrongMembers(json, KINDS)
  if (wrong.length > 0)
    add(
      breaks(
        'api',
        'wrong_type',
        `The document has members that clients cannot read: ${wrong.join(', ')}.`,
        'Leave out what is not there, and write the rest as RFC 9728 §2 has it.',
      ),
    )
  const issuer = Array.isArray(servers) && typeof servers[0] === 'string' ? servers[0] : undefined
  if (issuer !== undefined && wrong.length === 0) add(judgeAddress('The issuer in the document', issuer, 'api', place))
  const methods = textsOf(json['bearer_methods_supported'])
  if (methods !== undefined && !methods.includes('header'))
    add(
      warns(
        'api',
        'no_header',
        'The API says that it takes no token in a header: clients send it nowhere else.',
        'Take it there, and say so: "bearer_methods_supported": ["header"].',
      ),
    )
  if (json['dpop_bound_access_tokens_required'] === true)
    add(
      warns(
        'api',
        'dpop_alone',
        'The API takes tokens alone that are bound by DPoP: few MCP clients can.',
        'Take bearer tokens, too, or know your clients.',
      ),
    )
  const scopes = textsOf(json['scopes_supported']) ?? []
  if (scopes.includes('offline_access'))
    add(
      warns(
        'api',
        'offline_access',
        'The document lists offline_access, which is no scope of an API (MCP 2026-07-28).',
        'Leave it out; clients ask the issuer for it.',
      ),
    )
  return { resource: typeof resource === 'string' ? resource : undefined, issuer, scopes, findings }
}
