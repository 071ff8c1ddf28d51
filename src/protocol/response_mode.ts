/**
 * Response modes: how an answer goes back to its client (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, Form Post
 * Response Mode, JARM §2.3). There is no `fragment`: scripts read it, and what is sent on keeps it.
 *
 * @module
 */

/** The mode of an answer: in a query or in a form that is posted, as it is or as one signed parameter. */
export type ResponseMode = 'query' | 'form_post' | 'query.jwt' | 'form_post.jwt'

/** What `response_mode` may be, and the mode that is meant: for codes, `jwt` is `query.jwt` (JARM §2.3.4). */
const MODES: ReadonlyMap<string, ResponseMode> = new Map([
  ['query', 'query'],
  ['form_post', 'form_post'],
  ['jwt', 'query.jwt'],
  ['query.jwt', 'query.jwt'],
  ['form_post.jwt', 'form_post.jwt'],
])

/** The values of `response_mode`, as the metadata lists them. */
export const RESPONSE_MODES: readonly string[] = [...MODES.keys()]

/** Seconds that a signed answer can be believed (JARM §2.1). */
export const SIGNED_ANSWER_LIFETIME = 120

/** Tells whether an answer is posted. */
export function isPosted(mode: ResponseMode): boolean {
  return mode.startsWith('form_post')
}

/** Tells whether an answer is signed. */
export function isSigned(mode: ResponseMode): boolean {
  return mode.endsWith('.jwt')
}

/**
 * Returns the mode that a request names for this redirect URI; nothing where it cannot be: a form is posted to a web server,
 * and what has a private-use scheme is none.
 *
 * @param mode nothing where the request names none: that is `query`
 */
export function readResponseMode(mode: string | undefined, redirectUri: string): ResponseMode | undefined {
  const meant = MODES.get(mode ?? 'query')
  return meant !== undefined && isPosted(meant) && !/^https?:/.test(redirectUri) ? undefined : meant
}
