/**
 * What a client meets at the token endpoint when what it has is no longer good (RFC 6749 §5.2).
 *
 * @module
 */

import { type Answer, isPage, isRedirect, shownStatus } from './answer.ts'
import { breaks, type Finding, shown, warns } from './finding.ts'
import { errorOf } from './registration.ts'

/** Returns what it means that the endpoint answers nothing that a client can read. */
function judgeForm(answer: Answer, what: string): Finding | undefined {
  const { status } = answer
  if (status >= 500)
    return breaks(
      'issuer',
      'failed',
      `The token endpoint fails with ${status} for ${what}.`,
      "See the issuer's log: this is 4xx with JSON.",
    )
  if (isRedirect(answer) || isPage(answer) || status === 404 || status === 405)
    return breaks(
      'issuer',
      'no_endpoint',
      `The token endpoint answers ${what} with ${shownStatus(answer)}.`,
      'Answer POST with JSON at the token_endpoint of the document.',
    )
  if (errorOf(answer).error === undefined)
    return breaks(
      'issuer',
      'no_json',
      `The token endpoint answers ${what} with ${status}, and no JSON that names an "error".`,
      'Answer with {"error": "…"} (RFC 6749 §5.2).',
    )
  return undefined
}

/** Judges the answer to a code that nobody issued, of a client that is known. */
export function judgeUnknownCode(answer: Answer): Finding | undefined {
  const form = judgeForm(answer, 'an unknown code')
  if (form !== undefined) return form
  const { error, words } = errorOf(answer)
  const { status } = answer
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return breaks(
      'issuer',
      'client_refused',
      `The token endpoint does not take the client that was registered a second ago (${status}, ${shown(words)}).`,
      'Let both endpoints look clients up in one place; a public client proves itself by its client_id alone.',
    )
  if (error === 'invalid_dpop_proof' || error === 'use_dpop_nonce')
    return breaks(
      'client_policy',
      'dpop_needed',
      'The token endpoint demands DPoP of a client that did not ask for it: few MCP clients can.',
      'Give bearer tokens to clients that register.',
    )
  if (error === 'invalid_target')
    return breaks(
      'issuer',
      'resource_refused',
      `The token endpoint refuses the resource that the API names (${shown(words)}).`,
      'Make the API a resource of the issuer by just this name.',
    )
  if (error !== 'invalid_grant')
    return warns(
      'issuer',
      'no_invalid_grant',
      `The token endpoint answers an unknown code with ${shown(words)}, and not invalid_grant: clients do not begin anew.`,
      'Answer 400 with {"error": "invalid_grant"}.',
    )
  return status === 400
    ? undefined
    : warns(
        'issuer',
        'no_400',
        `The token endpoint answers an unknown code with ${status}: clients take that for something else.`,
        'Answer 400; 401 is for clients that cannot prove themselves.',
      )
}

/** Judges the answer to a client that nobody registered. */
export function judgeUnknownClient(answer: Answer): Finding | undefined {
  const { words, error } = errorOf(answer)
  const isNamed = error === 'invalid_client'
  if (isNamed && answer.status === 401) return undefined
  const said = words === '' ? shownStatus(answer) : `${answer.status}, ${shown(words)}`
  const lost = isNamed
    ? 'some clients whose registration is gone take 401 alone for that'
    : 'one whose registration is gone never learns that it has to register again'
  return warns(
    'issuer',
    'no_invalid_client',
    `The token endpoint answers an unknown client with ${said}: ${lost}.`,
    'Answer 401 with {"error": "invalid_client"} before the grant is looked at.',
  )
}
