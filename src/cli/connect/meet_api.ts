/**
 * The first request: that of a client to an API, without a token.
 *
 * @module
 */

import type { Asked } from './ask.ts'
import { type Answer, judgeFailure, type Reply, shownStatus } from './rules/answer.ts'
import { type Challenged, isMcp, judgeChallenge, judgeNoChallenge, meetApi } from './rules/api.ts'
import { breaks, type Finding, shown, shownUrl, warns } from './rules/finding.ts'
import type { Outcome, Walking } from './walking.ts'

/** What an MCP client asks first. */
export const INITIALIZE: Asked = {
  method: 'POST',
  headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bulla-doctor', version: '1' } },
  }),
}

/** What was met. */
export type MetApi =
  | { readonly kind: 'challenge'; readonly challenged: Challenged }
  /** It lets everybody in. */
  | { readonly kind: 'open' }
  /** It may be an issuer; as an API this is what is wrong with it. */
  | { readonly kind: 'other'; readonly status: string; readonly finding: Finding }
  | { readonly kind: 'broken' }

/** Returns where a redirect leads that a client follows with the same request: on the same host, or from http to https. */
function nextOf({ status, headers, url }: Answer): string | undefined {
  const location = headers['location']
  if ((status !== 307 && status !== 308) || location === undefined || !URL.canParse(location, url)) return undefined
  const [from, to] = [new URL(url), new URL(location, url)]
  const isUpgrade = from.hostname === to.hostname && from.protocol === 'http:' && to.protocol === 'https:'
  return to.href !== from.href && (from.origin === to.origin || isUpgrade) ? to.href : undefined
}

/** Asks an API as a client does. */
export async function meet({ ask, typed, place }: Walking): Promise<Outcome<MetApi>> {
  const findings: Finding[] = []
  const broken = (reply: Reply, finding: Finding): Outcome<MetApi> => ({
    detail: shownStatus(reply),
    findings: [...findings, finding],
    found: { kind: 'broken' },
  })
  const challenged = (answer: Answer): Outcome<MetApi> => {
    const told = judgeChallenge(answer)
    const metadata = told.metadata === undefined ? '' : `, resource_metadata ${shownUrl(told.metadata)}`
    const scope = told.scope === undefined ? '' : `, scope ${shown(told.scope)}`
    const detail = `401${metadata}${scope}`
    return { detail, findings: [...findings, ...told.findings], found: { kind: 'challenge', challenged: told } }
  }
  let reply = await ask(typed.href, INITIALIZE)
  const next = reply.ok ? nextOf(reply) : undefined
  if (next !== undefined) {
    const mend = `Give clients ${shownUrl(next)} itself.`
    findings.push(
      warns('api', 'redirected_once', `The API leads on to ${shownUrl(next)}: some clients do not follow.`, mend),
    )
    reply = await ask(next, INITIALIZE)
  }
  if (!reply.ok) return broken(reply, judgeFailure(reply, 'api'))
  if (new URL(reply.url).protocol === 'http:' && !place.isInside) {
    const what = 'The API is plain http on a public host: tokens would be everybody’s.'
    return broken(reply, breaks('api', 'plain_http', what, 'Serve it by https alone.'))
  }
  const met = meetApi(reply)
  if (met === 'challenge') return challenged(reply)
  if (met === 'open' && isMcp(reply))
    return { detail: `${reply.status} without a token`, findings, found: { kind: 'open' } }
  const got = await ask(typed.href, { headers: { accept: 'application/json, text/event-stream' } })
  if (got.ok && got.status === 401) {
    const what = `The API asks for a token at GET, but answers POST with ${shownStatus(reply)}: MCP clients begin with POST.`
    findings.push(warns('api', 'post_not_asked', what, 'Check the token before the method, and answer 401.'))
    return challenged(got)
  }
  const finding = met === 'open' ? undefined : judgeNoChallenge(reply)
  if (finding === undefined) return { detail: `${reply.status} without a token`, findings, found: { kind: 'open' } }
  const status = shownStatus(reply)
  return { detail: status, findings, found: { kind: 'other', status, finding } }
}
