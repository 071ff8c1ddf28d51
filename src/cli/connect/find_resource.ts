/**
 * The document of an API, where clients look for it (RFC 9728 §3, §5).
 *
 * @module
 */

import { judgeAddress, resourceAddresses } from './rules/addresses.ts'
import { type Answer, isRedirect, judgeFailure, type Reply } from './rules/answer.ts'
import { judgeLeading, judgeMissing, readDocument, textOf } from './rules/document.ts'
import { breaks, type Finding, isBroken, shownUrl, warns } from './rules/finding.ts'
import { judgeResource } from './rules/resource.ts'
import { DOCUMENT_HEADERS, type Outcome, type Walking } from './walking.ts'

/** What the rest of the walk needs of an API. */
export interface FoundResource {
  /** Where the document is. */
  readonly at: string | undefined
  readonly resource: string | undefined
  readonly issuer: string | undefined
  readonly scopes: readonly string[]
}

/** Nothing is known of an API. */
export const NO_RESOURCE: FoundResource = { at: undefined, resource: undefined, issuer: undefined, scopes: [] }

/** Tells whether a reply is a document, whatever is in it. */
function isThere(reply: Reply): reply is Answer {
  return reply.ok && reply.status === 200
}

/** Judges the document that was found. */
function judgeFound({ typed, place }: Walking, reply: Reply, before: readonly Finding[]): Outcome<FoundResource> {
  const detail = shownUrl(reply.url)
  const end = (finding: Finding): Outcome<FoundResource> => ({
    detail,
    findings: [...before, finding],
    found: NO_RESOURCE,
  })
  if (!reply.ok) return end(judgeFailure(reply, 'api'))
  if (reply.status !== 200) return end(judgeMissing(reply, 'api'))
  const document = readDocument(reply, 'api')
  if (!document.ok) return end(document.finding)
  const { findings, ...judged } = judgeResource(document.json, typed, place)
  return { detail, findings: [...before, ...document.findings, ...findings], found: { at: reply.url, ...judged } }
}

/** Looks for the issuer as clients of 2025-03-26 do: at the origin of the API. */
async function findOld({ ask, typed }: Walking): Promise<Outcome<FoundResource>> {
  const mend = `Serve the document at ${shownUrl(resourceAddresses(typed)[0] ?? '')}, and name it in the challenge.`
  const reply = await ask(`${typed.origin}/.well-known/oauth-authorization-server`, { headers: DOCUMENT_HEADERS })
  const document = isThere(reply) ? readDocument(reply, 'api') : undefined
  const issuer = document?.ok === true ? textOf(document.json['issuer']) : undefined
  if (issuer === undefined) {
    const what =
      'The API has no document (RFC 9728), neither at its path nor at the root: no client learns who issues tokens.'
    return { detail: 'none', findings: [breaks('api', 'no_document', what, mend)], found: NO_RESOURCE }
  }
  const what = 'The API has no document (RFC 9728): clients find the issuer as in MCP 2025-03-26 alone, at the origin.'
  const findings = [warns('api', 'old_revision', what, mend)]
  return { detail: 'none; the origin is an issuer', findings, found: { ...NO_RESOURCE, issuer: typed.origin } }
}

/**
 * Finds the document: where the challenge says, else at the path, else at the root.
 *
 * @param told what the challenge says, if it does
 */
export async function findResource(walking: Walking, told: string | undefined): Promise<Outcome<FoundResource>> {
  const { ask, typed, place } = walking
  const usual = resourceAddresses(typed)
  if (told !== undefined) {
    const bad = judgeAddress('resource_metadata of the challenge', told, 'api', place)
    if (bad !== undefined) return { detail: shownUrl(told), findings: [bad], found: NO_RESOURCE }
    const outcome = judgeFound(walking, await ask(told, { headers: DOCUMENT_HEADERS }), [])
    if (usual.includes(told) || isBroken(outcome.findings)) return outcome
    for (const address of usual) if (isThere(await ask(address, { headers: DOCUMENT_HEADERS }))) return outcome
    const what =
      'The document is where the challenge says alone: some clients do not read that, and go to the usual addresses.'
    const mend = `Serve it at ${shownUrl(usual[0] ?? '')}, too.`
    return { ...outcome, findings: [...outcome.findings, warns('api', 'unusual_address', what, mend)] }
  }
  const leading: Finding[] = []
  for (const address of usual) {
    const reply = await ask(address, { headers: DOCUMENT_HEADERS })
    // Where nothing is, clients go on; anything else stops them.
    const isNowhere = reply.ok && reply.status >= 300 && reply.status < 500
    if (!isNowhere) return judgeFound(walking, reply, leading)
    if (isRedirect(reply)) leading.push(judgeLeading(reply, 'api'))
  }
  return findOld(walking)
}

/** Tells whether a URL is an API by its document, whatever it answers itself. */
export async function isDocumented(walking: Walking): Promise<boolean> {
  for (const address of resourceAddresses(walking.typed)) {
    const reply = await walking.ask(address, { headers: DOCUMENT_HEADERS })
    const document = isThere(reply) ? readDocument(reply, 'api') : undefined
    if (document?.ok !== true) continue
    const { findings } = judgeResource(document.json, walking.typed, walking.place)
    if (!findings.some(({ code }) => ['other_resource', 'no_resource'].includes(code))) return true
  }
  return false
}
