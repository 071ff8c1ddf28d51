/**
 * A provider that tells addresses beside its userinfo, as a list (GitHub): the primary one, if it is verified.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { JSON_TYPE } from '../protocol/media_type.ts'
import { type Fetch, fetchText } from '../remote/document.ts'
import { take } from './provider.ts'

function isVerified(entry: unknown): entry is { readonly email: string } {
  const { email, primary, verified } = (entry ?? {}) as Readonly<Record<string, unknown>>
  return typeof email === 'string' && email !== '' && primary === true && verified === true
}

/**
 * Returns `email` and `email_verified` of whom a token is; nothing where no address is both primary and verified, or the token may not
 * read them. In 2.5 seconds.
 *
 * @throws {OAuthError} `server_error` when it is refused otherwise, or is no list; `temporarily_unavailable` when it may work later
 */
export async function fetchVerifiedEmail(
  url: string,
  headers: Readonly<Record<string, string>>,
  fetch: Fetch,
): Promise<{ readonly email?: string; readonly email_verified?: true }> {
  const init = { headers: { accept: 'application/json', ...headers } }
  const fetched = await fetchText(url, fetch, init, { type: JSON_TYPE })
  if (!fetched.ok) {
    // What the person, or the operator, did not let this client read is not known. Nobody needs it to log in.
    if (fetched.status === 403 || fetched.status === 404) return {}
    take('emails', fetched)
  }
  const entry = readList(fetched.text ?? '').find(isVerified)
  return entry === undefined ? {} : { email: entry.email, email_verified: true }
}

function readList(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list
  } catch {
    // Said below.
  }
  throw refusal('server_error', 'provider_answer', 'emails: no list')
}
