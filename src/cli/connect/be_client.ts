/**
 * A client that nobody knows yet: it registers, sends a person off, and shows a code that nobody issued.
 *
 * @module
 */

import { writeBasic } from '../../protocol/basic.ts'
import { challengeOf } from '../../protocol/pkce.ts'
import type { Asked } from './ask.ts'
import type { FoundResource } from './find_resource.ts'
import { type Answer, judgeFailure, type Reply, shownStatus } from './rules/answer.ts'
import { type Arrival, judgeArrival, judgeMaxAge, readArrival, type Without } from './rules/authorization.ts'
import { breaks, type Finding, shown, warns } from './rules/finding.ts'
import type { Issuer } from './rules/issuer.ts'
import {
  clientMetadata,
  errorOf,
  judgeRefused,
  judgeRegistered,
  judgeWays,
  REDIRECT_URI,
  type Registered,
} from './rules/registration.ts'
import { judgeUnknownClient, judgeUnknownCode } from './rules/token.ts'
import type { Outcome, Walking } from './walking.ts'

/** Registers a public client that is meant to be thrown away, and says so before. */
export async function register(
  { ask, say }: Walking,
  issuer: Issuer,
  scopes: readonly string[],
  isWanted: boolean,
): Promise<Outcome<Registered | undefined>> {
  const none = judgeWays(issuer)
  if (none !== undefined) return { detail: 'no way', findings: [none], found: undefined }
  const documents = issuer.hasDocuments ? 'client ID metadata documents' : ''
  const endpoint = issuer.register
  if (endpoint === undefined) return { detail: documents, findings: [], found: undefined }
  const also = documents === '' ? '' : `; ${documents}, too`
  if (!isWanted) return { detail: `offered, and left out${also}`, findings: [], found: undefined }
  say(`registers a public client, "bulla doctor (to be deleted)", at ${endpoint}; --no-register leaves that out`)
  const send = (metadata: Readonly<Record<string, unknown>>): Promise<Reply> =>
    ask(endpoint, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    })
  const end = (reply: Reply, finding: Finding): Outcome<undefined> => ({
    detail: shownStatus(reply),
    findings: [finding],
    found: undefined,
  })
  const reply = await send(clientMetadata(scopes))
  if (!reply.ok) return end(reply, judgeFailure(reply, 'issuer'))
  if (reply.status !== 201 && reply.status !== 200) {
    const again = reply.status === 400 && scopes.length > 0 ? await send(clientMetadata([])) : undefined
    if (again?.ok !== true || (again.status !== 201 && again.status !== 200)) return end(reply, judgeRefused(reply))
    const what = `The issuer registers nobody for the scopes that the API names, ${shown(scopes.join(' '))} (${shown(errorOf(reply).words)}).`
    const mend = 'Let the API name scopes that the issuer knows, and that clients which register may have.'
    const { client } = judgeRegistered(again, issuer)
    return { detail: shownStatus(reply), findings: [breaks('api', 'scope_refused', what, mend)], found: client }
  }
  const { client, findings } = judgeRegistered(reply, issuer)
  const how = client === undefined ? '' : `, client_id ${shown(client.id, 60)}, method ${shown(client.method, 40)}`
  return { detail: `${reply.status}${how}${also}`, findings, found: client }
}

/** What a request for authorization may have. */
interface Wanted {
  readonly resource?: string | undefined
  readonly scope?: string | undefined
  readonly redirectUri?: string
  readonly maxAge?: number | undefined
}

/** Sends a person off, and looks where they arrive: by GET, without following. */
export async function authorize(
  { ask, place, random }: Walking,
  issuer: Issuer,
  client: Registered,
  { resource }: FoundResource,
  { scope, maxAge }: Pick<Wanted, 'scope' | 'maxAge'>,
): Promise<Outcome<undefined>> {
  const send = async (wanted: Wanted): Promise<{ reply: Reply; answer?: Answer; arrival?: Arrival }> => {
    const url = new URL(issuer.authorize)
    const parameters = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: wanted.redirectUri ?? REDIRECT_URI,
      state: random(),
      code_challenge: challengeOf(random()),
      code_challenge_method: 'S256',
      ...(wanted.scope !== undefined && { scope: wanted.scope }),
      ...(wanted.resource !== undefined && { resource: wanted.resource }),
      ...(wanted.maxAge !== undefined && { max_age: String(wanted.maxAge) }),
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    const reply = await ask(url.href, { headers: { accept: 'text/html,application/xhtml+xml;q=0.9' } })
    return reply.ok ? { reply, answer: reply, arrival: readArrival(reply, issuer, place) } : { reply }
  }
  const { reply, answer, arrival } = await send({ resource, scope })
  if (answer === undefined || arrival === undefined)
    return { detail: '', findings: reply.ok ? [] : [judgeFailure(reply, 'issuer')], found: undefined }
  if (arrival.isFine) {
    const other = await send({ resource, scope, redirectUri: REDIRECT_URI.replace('33418', '51004') })
    const isHeld = other.arrival?.isFine === false
    const what = 'The issuer holds a client on 127.0.0.1 to the port that it registered: most take another each time.'
    const held = warns('issuer', 'loopback_port', what, 'Take any port on loopback (RFC 8252 §7.3).')
    const newer = maxAge === undefined ? undefined : (await send({ resource, scope, maxAge })).arrival
    const unmet = maxAge === undefined || newer === undefined || newer.isFine ? [] : [judgeMaxAge(newer, maxAge)]
    const findings = [...arrival.findings, ...(isHeld ? [held] : []), ...unmet]
    return { detail: arrival.where, findings, found: undefined }
  }
  // What it goes well without is what is refused.
  let without: Without
  if (answer.status < 500 && resource !== undefined && (await send({ scope })).arrival?.isFine === true)
    without = 'resource'
  else if (answer.status < 500 && scope !== undefined && (await send({ resource })).arrival?.isFine === true)
    without = 'scope'
  const finding = judgeArrival(arrival, answer, { resource, scope }, without)
  return { detail: arrival.where, findings: [...arrival.findings, finding], found: undefined }
}

/** Shows a code that nobody issued, and a client that nobody knows. */
export async function redeem(
  { ask, random }: Walking,
  issuer: Issuer,
  client: Registered | undefined,
  { resource }: FoundResource,
): Promise<Outcome<undefined>> {
  const send = ({ id, secret, method }: Registered): Promise<Reply> => {
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: random(),
      redirect_uri: REDIRECT_URI,
      code_verifier: random(),
      ...(resource !== undefined && { resource }),
    })
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    }
    if (secret !== undefined && method === 'client_secret_basic') headers['authorization'] = writeBasic({ id, secret })
    else form.set('client_id', id)
    if (secret !== undefined && method === 'client_secret_post') form.set('client_secret', secret)
    const asked: Asked = { method: 'POST', headers, body: form.toString() }
    return ask(issuer.token, asked)
  }
  const judge = (reply: Reply, judgement: (answer: Answer) => Finding | undefined): readonly Finding[] => {
    const finding = reply.ok ? judgement(reply) : judgeFailure(reply, 'issuer')
    return finding === undefined ? [] : [finding]
  }
  const said = (reply: Reply): string =>
    reply.ok ? [reply.status, errorOf(reply).error].filter(Boolean).join(' ') : shownStatus(reply)
  const known = client === undefined ? undefined : await send(client)
  const unknown = await send({ id: `unknown-${random()}`, secret: undefined, method: 'none' })
  const parts = [
    ...(known === undefined ? [] : [`an unknown code: ${said(known)}`]),
    `an unknown client: ${said(unknown)}`,
  ]
  const findings = known === undefined ? [] : judge(known, judgeUnknownCode)
  return { detail: parts.join('; '), findings: [...findings, ...judge(unknown, judgeUnknownClient)], found: undefined }
}
