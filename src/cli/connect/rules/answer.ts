/**
 * What a server answered, or why it did not.
 *
 * @module
 */

import { essenceOf } from '../../../protocol/media_type.ts'
import { breaks, type Fault, type Finding, shownUrl } from './finding.ts'

/** An answer. */
export interface Answer {
  readonly ok: true
  readonly url: string
  readonly status: number
  /** By their names in lower case; one that stands there more than once is joined. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, up to its bound. */
  readonly text: string
  /** Whether there was more of it. */
  readonly isCut: boolean
}

/** Why there is no answer. */
export type FailureKind = 'name' | 'refused' | 'timeout' | 'cut_off' | 'tls' | 'inside' | 'malformed'

/** No answer. */
export interface Failure {
  readonly ok: false
  readonly url: string
  readonly kind: FailureKind
  /** The platform's code. */
  readonly detail: string
}

export type Reply = Answer | Failure

/** Who a server is in the walk: what is wrong with its certificate is its own fault. */
export type Party = 'api' | 'issuer'

/** Returns what it means that a server did not answer. */
export function judgeFailure({ url, kind, detail }: Failure, party: Party): Finding {
  const host = URL.canParse(url) ? new URL(url).host : ''
  const table: Readonly<Record<FailureKind, readonly [Fault, string, string]>> = {
    name: ['network', `The name of ${host} is not known here.`, 'Check how it is spelt, and its entry in the DNS.'],
    refused: [
      'network',
      `Nobody takes connections at ${host}.`,
      'Start the server, or let its port through the firewall.',
    ],
    timeout: [
      'network',
      `${shownUrl(url)} did not answer in time.`,
      'See whether it runs, and whether a firewall or proxy stands before it.',
    ],
    cut_off: [
      'network',
      `The connection to ${host} ended before an answer came (${detail}).`,
      'See what stands before the server, and its log.',
    ],
    tls: [
      party,
      `The certificate of ${host}, or its TLS, is not one that clients take (${detail}).`,
      'Give it a valid certificate for this name, with its whole chain.',
    ],
    inside: [
      party,
      `${host} was named by a server, and is on this machine or a private network: no client elsewhere reaches it.`,
      'Name the address that the public sees; behind a proxy tell the server its own URL.',
    ],
    malformed: [
      party,
      `What ${host} answers is no HTTP that clients read (${detail}).`,
      'See what stands before the server; its headers may be 16 KB at the most.',
    ],
  }
  const [fault, what, mend] = table[kind]
  return breaks(fault, kind === 'name' ? 'unknown_name' : kind, what, mend)
}

/** Tells whether an answer leads elsewhere. */
export function isRedirect({ status }: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** Tells whether an answer is a page. */
export function isPage({ headers, text }: Answer): boolean {
  return essenceOf(headers['content-type'] ?? null) === 'text/html' || /^\s*<(?:!doctype|html)/i.test(text)
}

/** Returns a status in words. */
export function shownStatus(reply: Reply): string {
  if (!reply.ok) return reply.detail
  const location = reply.headers['location']
  if (isRedirect(reply) && location !== undefined)
    return `${reply.status} to ${shownUrl(URL.canParse(location, reply.url) ? new URL(location, reply.url).href : location)}`
  return `${reply.status}${isPage(reply) ? ', a page' : ''}`
}
