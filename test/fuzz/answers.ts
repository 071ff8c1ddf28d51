/**
 * What holds of every answer of an issuer, whatever was asked.
 *
 * @module
 */

import type { LogEntry } from '../../src/index.ts'
import { OAUTH_ERRORS } from '../../src/protocol/error.ts'
import { ISSUER, SECRETS, VARS } from '../fixtures.ts'
import { RP_CALLBACK } from '../parties/openid_provider.ts'
import type { Artefacts } from './artefacts.ts'
import { AGENT_CALLBACKS } from './registrations.ts'
import { RP_HOME } from './relying_parties.ts'

const STATUSES = [200, 201, 204, 303, 304, 400, 401, 403, 404, 405, 409, 413, 414, 421, 429]
const PUBLIC = ['/jwks', '/revocations', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
const REDIRECTS = [
  ...Object.values(VARS.CLIENTS).flatMap((client): readonly string[] =>
    'redirect_uris' in client ? client.redirect_uris : [],
  ),
  RP_CALLBACK,
  RP_HOME,
]

/** What a resource server answers to who is not let in (RFC 6750 §3.1, RFC 9449 §7.1): without a word more. */
const OF_BEARERS = ['invalid_token', 'insufficient_scope', 'invalid_dpop_proof', 'use_dpop_nonce']

/** Tells whether a browser may be sent there. */
function isKnownTarget(location: string): boolean {
  const url = new URL(location)
  const isOurs = url.origin === new URL(ISSUER).origin || location.startsWith(VARS.LOGIN.url)
  const isRegistered = REDIRECTS.some((uri) => {
    const registered = new URL(uri)
    const isLoopback = ['127.0.0.1', '[::1]'].includes(registered.hostname)
    return (
      url.protocol === registered.protocol &&
      url.pathname === registered.pathname &&
      (isLoopback ? url.hostname === registered.hostname : url.host === registered.host)
    )
  })
  return isOurs || isRegistered
}

/** Tells whether an address is another but for its query, and for the port of a loopback host. */
function isSameButPort(one: string, other: string): boolean {
  const plain = (uri: string): string => uri.replace(/[?#].*/, '').replace(/^(http:\/\/127\.0\.0\.1):\d+/, '$1')
  return plain(one) === plain(other)
}

/** Returns what must never stand in a log line: secrets, and the middle of every artefact. */
export function canariesOf(artefacts: Artefacts): readonly string[] {
  // Nothing in an id is secret: the log says who registered.
  const { agent: _, ...secret } = artefacts
  const sealed = Object.values(secret).flatMap((all) => all.slice(0, 3))
  return [...Object.values(SECRETS), ...sealed.map((text) => text.slice(text.length / 2, text.length / 2 + 24))]
}

/** An answer that was read. */
export interface ReadAnswer {
  /** The path of the URL, without its query. */
  readonly path: string
  readonly method: string
  readonly response: Response
  readonly text: string
  readonly lines: readonly LogEntry[]
}

/** Returns what is wrong with an answer; nothing when all is well. */
export function faultOf(
  { path, method, response, text, lines }: ReadAnswer,
  canaries: readonly string[],
): string | undefined {
  const { status, headers } = response
  const type = headers.get('content-type') ?? ''
  if (status >= 500) return `status ${status}`
  if (!STATUSES.includes(status)) return `a status that nobody expects: ${status}`
  if (lines.some(({ level }) => level === 'error')) return 'a line at level error'
  if (!headers.has('x-content-type-options')) return 'no headers of every response'
  const location = headers.get('location')
  // No browser is ever sent by itself to a client that nobody configured and nobody stands behind: each time a person says yes.
  if (location !== null && (status !== 303 || !isKnownTarget(location))) return `goes to ${location}`
  const isPublic = PUBLIC.includes(path)
  const isPrivate = location !== null || headers.has('set-cookie') || /html|json/.test(type)
  if (isPrivate && !isPublic && headers.get('cache-control') !== 'no-store') return 'may be kept by anybody'
  const log = JSON.stringify(lines)
  const told = canaries.find((canary) => log.includes(canary))
  if (told !== undefined) return 'a secret or an artefact in the log'
  if (type.startsWith('application/json') && status >= 400 && method !== 'HEAD') {
    const { error, error_description, ...more } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (Object.keys(more).length > 0) return 'an error with more members than it has'
    const known = OAUTH_ERRORS[error as keyof typeof OAUTH_ERRORS]
    if (path === '/userinfo' && error_description === undefined && OF_BEARERS.includes(String(error))) return undefined
    if (known === undefined) return `an error that nobody knows: ${error}`
    const isRefusal = error === 'invalid_request'
    if (!isRefusal && error_description !== known.description) return 'a description that is not of its code'
  }
  // The one that posts an answer to its app, as it is.
  // In JSON a name is a name.
  if (
    !type.startsWith('application/json') &&
    /<script/i.test(text.replace('<script>document.forms[0].submit()</script>', ''))
  )
    return 'a script in an answer'
  const forms = [...text.matchAll(/<form[^>]* action="([^"]*)"/g)].map(([, action = '']) =>
    action.replaceAll('&amp;', '&'),
  )
  const isAgents = (uri: string): boolean => AGENT_CALLBACKS.some((one) => isSameButPort(one, uri))
  const stray = type.startsWith('text/html')
    ? forms.find((action) => !isKnownTarget(action) && !isAgents(action))
    : undefined
  if (stray !== undefined) return `posts to ${stray}`
  return undefined
}
