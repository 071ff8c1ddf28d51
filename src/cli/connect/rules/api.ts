/**
 * What an API answers to a client that has no token yet (MCP, RFC 6750 §3, RFC 9728 §5.1).
 *
 * @module
 */

import { essenceOf } from '../../../protocol/media_type.ts'
import { type Answer, isPage, isRedirect, shownStatus } from './answer.ts'
import { readChallenges } from './challenge.ts'
import { breaks, type Finding, shown, shownUrl, warns } from './finding.ts'

/** What a challenge tells. */
export interface Challenged {
  /** Where the API's document is, as it is written. */
  readonly metadata: string | undefined
  /** The scope that is needed. */
  readonly scope: string | undefined
  /** Seconds since the login at the most (RFC 9470 §3): most tell it to those alone who come with a token. */
  readonly maxAge: number | undefined
  readonly findings: readonly Finding[]
}

/** Reads the challenge of a 401. */
export function judgeChallenge({ headers }: Answer): Challenged {
  const header = headers['www-authenticate'] ?? ''
  const challenges = readChallenges(header)
  const usable =
    challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'dpop')
  const metadata = usable?.parameters.get('resource_metadata')
  const scope = usable?.parameters.get('scope') || undefined
  const maxAge = usable?.parameters.get('max_age') ?? ''
  const finding = ((): Finding | undefined => {
    const mend = 'Answer 401 with WWW-Authenticate: Bearer resource_metadata="https://…".'
    if (header === '')
      return warns(
        'api',
        'no_challenge',
        'The 401 has no WWW-Authenticate: clients have to guess where the login is.',
        mend,
      )
    if (usable === undefined)
      return warns(
        'api',
        'no_bearer',
        `The 401 asks for ${shown(challenges[0]?.scheme ?? header)}, and not for a bearer token.`,
        mend,
      )
    if (metadata === undefined)
      return warns(
        'api',
        'no_resource_metadata',
        'The challenge does not say where the document of the API is: clients have to guess.',
        mend,
      )
    if (!URL.canParse(metadata))
      return warns(
        'api',
        'challenge_no_url',
        `resource_metadata of the challenge is ${shown(metadata)}: no URL.`,
        'Write the whole URL.',
      )
    if (usable.scheme === 'dpop')
      return warns(
        'api',
        'dpop_alone',
        'The API asks for a token that is bound by DPoP: few MCP clients can.',
        'Take bearer tokens, too, or know your clients.',
      )
    if (challenges[0] !== usable)
      return warns(
        'api',
        'bearer_not_first',
        `The challenge begins with ${shown(challenges[0]?.scheme)}: some clients read the first alone.`,
        'Write Bearer first.',
      )
    return undefined
  })()
  return {
    metadata: metadata !== undefined && URL.canParse(metadata) ? metadata : undefined,
    scope,
    maxAge: /^[0-9]{1,9}$/.test(maxAge) ? Number(maxAge) : undefined,
    findings: finding === undefined ? [] : [finding],
  }
}

/** What there is at the URL of an API. */
export type Met = 'challenge' | 'open' | 'redirect' | 'nothing' | 'broken'

/** Returns what an answer without a token means. With `nothing` another method, or an issuer, may be there. */
export function meetApi(answer: Answer): Met {
  if (answer.status === 401) return 'challenge'
  if (isRedirect(answer)) return 'redirect'
  if (answer.status >= 200 && answer.status < 300) return isPage(answer) ? 'nothing' : 'open'
  return [400, 404, 405, 406, 415].includes(answer.status) ? 'nothing' : 'broken'
}

/** Tells whether an answer is one of MCP, and not of anything else that needs no token. */
export function isMcp({ headers, text }: Answer): boolean {
  return essenceOf(headers['content-type'] ?? null) === 'text/event-stream' || text.includes('"jsonrpc"')
}

/** Returns why no client gets on after an answer that is none of 401. */
export function judgeNoChallenge(answer: Answer): Finding {
  const { status } = answer
  const without = 'to a request without a token'
  if (isRedirect(answer))
    return breaks(
      'api',
      'redirected',
      `The API leads elsewhere (${shownStatus(answer)}) before it asks for a token: a client follows no login page.`,
      'Answer 401 to what has no token, on this very URL; give clients the URL that needs no redirect.',
    )
  if (isPage(answer) && status < 300)
    return breaks(
      'api',
      'html',
      'There is an HTML page at this URL, and no API.',
      "Give clients the API's own URL, with its path, such as https://host/mcp.",
    )
  if (status === 403)
    return breaks(
      'api',
      'forbidden',
      `The API answers 403 ${without}: clients ask for a login at 401 alone.`,
      'Answer 401 with a challenge; 403 is for a token that may not.',
    )
  if (status === 404)
    return breaks(
      'api',
      'not_found',
      `There is nothing at ${shownUrl(answer.url)} (404).`,
      "Give clients the API's own URL, with its path; see which paths the proxy lets through.",
    )
  if (status === 405)
    return breaks(
      'api',
      'method',
      `The API takes neither POST nor GET ${without} (405).`,
      'Check the token before the method, and answer 401.',
    )
  if (status === 429)
    return breaks(
      'api',
      'too_many',
      'The API says that there were too many requests (429).',
      'Try again later; let what has no token have its 401 all the same.',
    )
  if (status >= 500)
    return breaks(
      'api',
      'failed',
      `The API fails with ${status} ${without}.`,
      "See the API's log: what has no token is to be answered 401.",
    )
  return breaks(
    'api',
    'no_401',
    `The API answers ${status} ${without}, and not 401.`,
    'Check the token before all else, and answer 401 with a challenge.',
  )
}
