/**
 * The document of an issuer, where clients look for it (RFC 8414 §3, OpenID Connect Discovery §4).
 *
 * @module
 */

import { issuerAddresses, oddAddresses } from './rules/addresses.ts'
import { isRedirect, judgeFailure, type Reply, shownStatus } from './rules/answer.ts'
import { type Document, type Json, judgeLeading, judgeMissing, readDocument } from './rules/document.ts'
import { breaks, type Finding, shown, shownUrl } from './rules/finding.ts'
import { type Expected, type Issuer, judgeIssuer } from './rules/issuer.ts'
import { DOCUMENT_HEADERS, type Outcome, type Walking } from './walking.ts'

/** What the rest of the walk needs of an issuer. */
export interface FoundIssuer {
  /** Where its document is. */
  readonly at: string
  readonly issuer: Issuer
}

/** Where an issuer's document was looked for, and what was there. */
interface Looked {
  readonly replies: readonly Reply[]
  readonly document: { readonly at: string; readonly json: Json; readonly findings: readonly Finding[] } | undefined
  /** What stops clients before they come to a document. */
  readonly stop: Finding | undefined
}

/** Asks all addresses, in the clients' order. */
async function look({ ask }: Walking, addresses: readonly string[]): Promise<Looked> {
  const replies: Reply[] = []
  const leading: Finding[] = []
  let [first, stop]: [Looked['document'], Finding | undefined] = [undefined, undefined]
  for (const address of addresses) {
    const reply = await ask(address, { headers: DOCUMENT_HEADERS })
    replies.push(reply)
    if (first !== undefined || stop !== undefined) continue
    if (!reply.ok) return { replies, document: undefined, stop: judgeFailure(reply, 'issuer') }
    const document: Document | undefined = reply.status === 200 ? readDocument(reply, 'issuer') : undefined
    if (document?.ok === true)
      first = { at: address, json: document.json, findings: [...leading, ...document.findings] }
    else if (document !== undefined) stop = document.finding
    else if (reply.status >= 500) stop = judgeMissing(reply, 'issuer')
    else if (isRedirect(reply)) leading.push(judgeLeading(reply, 'issuer'))
  }
  return { replies, document: first, stop }
}

/** Returns why there is no document anywhere. */
async function judgeNowhere(walking: Walking, issuer: URL, replies: readonly Reply[]): Promise<Finding> {
  const [first = ''] = issuerAddresses(issuer)
  const odd = await look(walking, oddAddresses(issuer))
  if (odd.document !== undefined)
    return breaks(
      'issuer',
      'wrong_place',
      `The document is at ${shownUrl(odd.document.at)}, where most clients do not look.`,
      `Serve it at ${shownUrl(first)}: "/.well-known/…" goes between host and path (RFC 8414 §3.1).`,
    )
  const leading = replies.find((reply) => reply.ok && isRedirect(reply))
  if (leading?.ok === true) return judgeMissing(leading, 'issuer')
  const statuses = replies.map(shownStatus).join(', ')
  return breaks(
    'issuer',
    'no_metadata',
    `${shown(issuer.href)} has a document at none of its addresses (${statuses}): it is no issuer, or does not say so.`,
    `Serve it at ${shownUrl(first)}; or let the API name the issuer as that calls itself.`,
  )
}

/** Finds an issuer's document, and judges it. */
export async function findIssuer(
  walking: Walking,
  expected: Omit<Expected, 'isOpenid'>,
): Promise<Outcome<FoundIssuer | undefined>> {
  const issuer = new URL(expected.called)
  const addresses = issuerAddresses(issuer)
  const { replies, document, stop } = await look(walking, addresses)
  const detail = shownUrl(issuer.href)
  if (document === undefined || stop !== undefined) {
    const finding = stop ?? (await judgeNowhere(walking, issuer, replies))
    return { detail, findings: [finding], found: undefined }
  }
  const isOpenid = /\/openid-configuration(?:\/|$)/.test(document.at)
  const judged = judgeIssuer(document.json, { ...expected, isOpenid }, walking.place)
  const there = replies.filter((reply) => reply.ok && reply.status === 200).length
  return {
    detail: `${shownUrl(document.at)} (${there} of ${addresses.length} addresses), ${judged.issuer.hasIss ? 'S256, iss' : 'S256'}`,
    findings: [...document.findings, ...judged.findings],
    found: { at: document.at, issuer: judged.issuer },
  }
}

/** Tells whether there is an issuer's document at a URL's addresses. */
export async function isIssuer(walking: Walking): Promise<boolean> {
  const { document, stop } = await look(walking, issuerAddresses(walking.typed))
  return stop === undefined && document !== undefined && document.json['token_endpoint'] !== undefined
}
