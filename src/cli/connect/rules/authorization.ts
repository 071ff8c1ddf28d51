/**
 * What the authorization endpoint answers to the browser that a client sends there (RFC 6749 §4.1, RFC 9207).
 *
 * @module
 */

import { essenceOf } from '../../../protocol/media_type.ts'
import { judgeAddress, type Place } from './addresses.ts'
import { type Answer, isPage, isRedirect } from './answer.ts'
import { breaks, type Finding, shown, shownUrl, warns } from './finding.ts'
import type { Issuer } from './issuer.ts'
import { errorOf, REDIRECT_URI } from './registration.ts'

/** What came of it: where a person would be, and the error, if it is one. */
export interface Arrival {
  readonly isFine: boolean
  /** Where a person would be, in words. */
  readonly where: string
  readonly error?: string | undefined
  readonly findings: readonly Finding[]
}

/** Judges an answer that leads back to the client. */
function judgeBack(query: URLSearchParams, { issuer, hasIss }: Issuer): Arrival {
  const [error, iss] = [query.get('error') ?? undefined, query.get('iss')]
  const findings: Finding[] = []
  if (hasIss && iss !== issuer)
    findings.push(
      breaks(
        'issuer',
        'wrong_iss',
        `The issuer says that it sends "iss", and its answer has ${iss === null ? 'none' : shown(iss)}: clients stop.`,
        'Send "iss" with every answer, errors too, just as the document has "issuer"; or do not advertise it.',
      ),
    )
  if (error !== undefined) return { isFine: false, where: `an answer with the error ${shown(error)}`, error, findings }
  if (!query.has('code')) return { isFine: false, where: 'an answer without a code', findings }
  findings.push(
    warns(
      'issuer',
      'nobody_asked',
      'The issuer gives a code to a client that it met a second ago, and asks nobody.',
      'Ask the person, always, before a client that registered itself gets anything.',
    ),
  )
  return { isFine: true, where: 'back at the client', findings }
}

/**
 * Returns where a page leads back to the client with an error, if it does: some issuers send nobody unasked to a client that anybody
 * can have registered. A link by which a person goes away is none.
 */
function untoldIn({ text }: Answer): URLSearchParams | undefined {
  const links = [...text.matchAll(/\bhref="([^"\s]{1,4096})"/g)].map(([, link = '']) => link.replaceAll('&amp;', '&'))
  const queries = links.flatMap((link) => (link.startsWith(`${REDIRECT_URI}?`) ? [new URL(link).searchParams] : []))
  return queries.find((query) => query.has('error') && query.get('error') !== 'access_denied')
}

/** Reads what came; what leads elsewhere is not followed. */
export function readArrival(answer: Answer, issuer: Issuer, place: Place): Arrival {
  const { status, headers, url } = answer
  if (isRedirect(answer)) {
    const location = headers['location'] ?? ''
    if (!URL.canParse(location, url)) return { isFine: false, where: 'a redirect that leads nowhere', findings: [] }
    const to = new URL(location, url)
    if (to.href.split(/[?#]/)[0] === REDIRECT_URI) return judgeBack(to.searchParams, issuer)
    const bad = judgeAddress('The page that follows', to.href, 'issuer', place)
    return { isFine: true, where: `on to ${shownUrl(to.href)}`, findings: bad === undefined ? [] : [bad] }
  }
  if (status !== 200) {
    const { error, words } = errorOf(answer)
    return { isFine: false, where: `${status}${words === '' ? '' : `, ${shown(words)}`}`, error, findings: [] }
  }
  const untold = isPage(answer) ? untoldIn(answer) : undefined
  if (untold !== undefined) return judgeBack(untold, issuer)
  const type = essenceOf(headers['content-type'] ?? null)
  return isPage(answer)
    ? { isFine: true, where: 'a page', findings: [] }
    : {
        isFine: true,
        where: `an answer of ${shown(type)}`,
        findings: [
          warns(
            'issuer',
            'no_page',
            `The authorization endpoint answers ${shown(type)}, which is no page for a person.`,
            'Answer the browser with a page, or lead it to one.',
          ),
        ],
      }
}

/** Returns what is wrong where a request went well, but not with the `max_age` that the API demands. */
export function judgeMaxAge({ where }: Arrival, maxAge: number): Finding {
  return breaks(
    'issuer',
    'max_age_unmet',
    `The API demands a login of the last ${maxAge} seconds, and the issuer refuses a request for one (${where}): it lets nobody in, ever.`,
    'Give people a way to log in that proves when that was (auth_time), or let the API demand none.',
  )
}

/** What a request for authorization was tried without, and then went well. */
export type Without = 'resource' | 'scope' | undefined

/** What the request held. */
export interface AskedFor {
  readonly resource: string | undefined
  readonly scope: string | undefined
}

/** Returns why it went wrong, where `without` it went well. */
export function judgeArrival(
  { where, error }: Arrival,
  answer: Answer,
  { resource, scope }: AskedFor,
  without: Without,
): Finding {
  const got = `The person would meet an error (${where})`
  if (answer.status >= 500)
    return breaks(
      'issuer',
      'failed',
      `The authorization endpoint fails with ${answer.status}.`,
      "See the issuer's log.",
    )
  if (without === 'resource' || (resource !== undefined && error === 'invalid_target'))
    return breaks(
      'issuer',
      'resource_refused',
      `The issuer does not know the API as ${shown(resource)}. ${got}.`,
      'Make it a resource of the issuer by just this name, and let clients that register have it.',
    )
  if (without === 'scope' || (scope !== undefined && error === 'invalid_scope'))
    return breaks(
      'api',
      'scope_refused',
      `The issuer refuses the scope that the API names, ${shown(scope)}. ${got}.`,
      'Let the API name scopes that the issuer knows, and that clients which register may have.',
    )
  if (error === 'invalid_target')
    return warns(
      'issuer',
      'resource_needed',
      'The issuer asks which API is meant: clients that send no resource get no further.',
      'Give it a default for them, or try the URL of the API itself.',
    )
  if (error === 'invalid_scope')
    return warns(
      'issuer',
      'scope_needed',
      'The issuer refuses a request that names no scope.',
      'Give it a default, or let the API name scopes in its challenge or document.',
    )
  if (answer.status === 429)
    return breaks(
      'issuer',
      'too_many',
      'The authorization endpoint says that there were too many requests (429).',
      'Try again later.',
    )
  return breaks(
    'issuer',
    'not_authorized',
    `The issuer does not let in the client that it registered a second ago. ${got}.`,
    "See the issuer's log: whether the id, the redirect URI on 127.0.0.1, S256, or what else is refused.",
  )
}
