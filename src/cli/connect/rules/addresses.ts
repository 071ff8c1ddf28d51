/**
 * Where clients look for documents, and whether an address is one that they would go to.
 *
 * @module
 */

import { isLoopback } from '../../../../keys/identifier.ts'
import type { Party } from './answer.ts'
import { breaks, type Finding, shown } from './finding.ts'

const PATH = '/.well-known/'

/** Returns the path of a URL without the slash at its end. A run of slashes is tried once, and not at each of them: a server says how many. */
function pathOf(url: URL): string {
  return url.pathname.replace(/(?<!\/)\/+$/, '')
}

/** Where an API's document may be: at the path, and at the root (RFC 9728 §3.1). */
export function resourceAddresses(api: URL): readonly string[] {
  const name = `${api.origin}${PATH}oauth-protected-resource`
  return [...new Set([name + pathOf(api), name])]
}

/** Where an issuer's document must be (MCP 2025-11-25): clients go on to the next where there is none. */
export function issuerAddresses(issuer: URL): readonly string[] {
  const [origin, path] = [issuer.origin, pathOf(issuer)]
  const inserted = ['oauth-authorization-server', 'openid-configuration'].map((name) => origin + PATH + name + path)
  return path === '' ? inserted : [...inserted, `${origin}${path}${PATH}openid-configuration`]
}

/** Where it is found now and then, and where few clients look. */
export function oddAddresses(issuer: URL): readonly string[] {
  const [origin, path] = [issuer.origin, pathOf(issuer)]
  return path === ''
    ? []
    : [`${origin}${path}${PATH}oauth-authorization-server`, `${origin}${PATH}oauth-authorization-server`]
}

/** Whether what is talked about is on this machine, or on a private network: then http will do, too. */
export interface Place {
  readonly isInside: boolean
}

/** Returns why clients do not go to an address that a server names, if so. */
export function judgeAddress(name: string, value: unknown, party: Party, { isInside }: Place): Finding | undefined {
  if (typeof value !== 'string' || !URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    return breaks(party, 'no_url', `${name} is ${shown(value)}: no URL.`, 'Name it by its whole https URL.')
  if (new URL(value).protocol === 'http:' && !isInside)
    return breaks(
      party,
      'plain_http',
      isLoopback(value)
        ? `${name} is ${shown(value)}: this is each client's own machine.`
        : `${name} is ${shown(value)}: plain http, by which codes and tokens are everybody's.`,
      'Name it by https, as the public sees it; behind a proxy tell the server its own URL.',
    )
  return undefined
}
