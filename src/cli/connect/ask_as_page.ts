/**
 * The same addresses as a client in a browser asks them.
 *
 * @module
 */

import { INITIALIZE } from './meet_api.ts'
import { isAllowed, isChallengeSeen, isDocumentSeen, judgeBrowsers, ORIGIN, preflight } from './rules/browsers.ts'
import type { Finding } from './rules/finding.ts'
import type { Issuer } from './rules/issuer.ts'
import { DOCUMENT_HEADERS, type Outcome, type Walking } from './walking.ts'

/** What there is to ask. */
export interface Asking {
  /** The API, if there is one that asks for tokens. */
  readonly api: string | undefined
  /** Where its document is. */
  readonly resourceAt: string | undefined
  readonly issuerAt: string
  readonly issuer: Issuer
}

/** Asks as a page of another origin, and judges what it could read. */
export async function askAsPage({ ask }: Walking, asking: Asking): Promise<Outcome<undefined>> {
  const may = async (url: string, method: string, headers: readonly string[]): Promise<boolean> =>
    isAllowed(await ask(url, { method: 'OPTIONS', headers: preflight(method, headers) }), headers)
  const reads = async (url: string): Promise<boolean> =>
    isDocumentSeen(await ask(url, { headers: { ...DOCUMENT_HEADERS, origin: ORIGIN } })) &&
    (await may(url, 'GET', ['mcp-protocol-version']))
  const { api, resourceAt, issuerAt, issuer } = asking
  const ofApi: [string, boolean][] = []
  if (api !== undefined) {
    ofApi.push([
      'an answer to OPTIONS',
      await may(api, 'POST', ['authorization', 'content-type', 'mcp-protocol-version']),
    ])
    const headers = { ...INITIALIZE.headers, origin: ORIGIN }
    ofApi.push(['the challenge', isChallengeSeen(await ask(api, { ...INITIALIZE, headers }))])
  }
  if (resourceAt !== undefined) ofApi.push(['the document of the API', await reads(resourceAt)])
  const ofIssuer: [string, boolean][] = [['the document of the issuer', await reads(issuerAt)]]
  if (issuer.register !== undefined)
    ofIssuer.push(['the registration', await may(issuer.register, 'POST', ['content-type'])])
  ofIssuer.push(['the token endpoint', await may(issuer.token, 'POST', ['content-type'])])
  const findings: readonly Finding[] = [...judgeBrowsers('api', ofApi), ...judgeBrowsers('issuer', ofIssuer)]
  return {
    detail: findings.length === 0 ? 'pages of other origins may ask' : 'not everywhere',
    findings,
    found: undefined,
  }
}
