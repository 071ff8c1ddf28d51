/**
 * A provider's answer that comes as a form from its site (OAuth 2.0 Form Post Response Mode): it goes on by GET, for our cookies,
 * which are `Lax`, stay away from a form of another site.
 *
 * @module
 */

import { LONGEST_URL } from '../http/browser.ts'
import { readLoginAnswer } from '../login/login_answer.ts'
import { refusal } from '../protocol/error.ts'
import { addParameters } from '../protocol/redirect_uri.ts'

/** What is taken of it. `user` is what Apple tells of a person beside, at their first login. */
const TAKEN = ['state', 'code', 'iss', 'error', 'user'] as const

/**
 * Returns where a posted answer goes on. Anybody can have posted it, as anybody can lead a browser there: it is checked there. Where
 * a URL has no room for `user`, that is left out, never cut.
 *
 * @param callback where it was posted
 * @throws {OAuthError} `invalid_request` when a parameter is repeated, or the rest is too long as well
 */
export function getFor(callback: string, form: string): string {
  const parameters = readLoginAnswer(form)
  parameters.checkOnce(...TAKEN)
  const taken = Object.fromEntries(TAKEN.map((name) => [name, parameters.get(name)]))
  const fitting = [taken, { ...taken, user: undefined }]
    .map((some) => addParameters(callback, some))
    .find(({ length }) => length <= LONGEST_URL)
  if (fitting === undefined) throw refusal('invalid_request', 'too_long', 'the posted answer is too long')
  return fitting
}
