/**
 * What is asked of a browser before it is believed: that it navigates, that a form comes from our own page, and that it is
 * the browser that a sealed state was made for.
 *
 * @module
 */

import { type OAuthError, refusal } from '../protocol/error.ts'
import { isFormType } from '../protocol/media_type.ts'

/** Bytes that the body of a form may have. */
export const LONGEST_FORM = 16_384

/** Characters that a URL may have. */
export const LONGEST_URL = 8192

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Returns the error of whoever broke off while it was read: anybody can, and it is no fault of ours. */
export function brokenOff(cause: unknown): OAuthError {
  return refusal('invalid_request', 'malformed', 'the body broke off', { cause })
}

/**
 * Reads the bytes of a body. Some platforms hand over what is longer than its length is said to be (AWS Lambda): what stands before
 * the endpoints goes by that length, so it is counted here.
 *
 * @param longest bytes at the most
 * @throws {OAuthError} with status 413 when it has more; when it breaks off
 */
export async function readBytes(request: Request, longest: number = LONGEST_FORM): Promise<ArrayBuffer> {
  // What a hook has taken cannot be read any more, which is the operator's to mend.
  if (request.bodyUsed) throw new TypeError('the body was read already')
  let bytes: ArrayBuffer
  try {
    bytes = await request.arrayBuffer()
  } catch (error) {
    throw brokenOff(error)
  }
  if (bytes.byteLength > longest)
    throw refusal('invalid_request', 'too_long', 'the body is longer than it was said to be', { status: 413 })
  return bytes
}

/**
 * Reads a body as text in UTF-8; bytes that are not become U+FFFD, which no parameter may have.
 *
 * @param longest bytes at the most
 * @throws {OAuthError} with status 413 when it has more; when it breaks off
 */
export async function readBody(request: Request, longest?: number): Promise<string> {
  return utf8.decode(await readBytes(request, longest))
}

/**
 * Checks that a browser, if it tells, is going to this address as a page, and not for a frame or a script. (Node's fetch
 * tells a mode but no destination: it is no browser.)
 */
export function checkNavigation(headers: Headers): void {
  const dest = headers.get('sec-fetch-dest')
  if (dest === null || (dest === 'document' && headers.get('sec-fetch-mode') === 'navigate')) return
  throw refusal('invalid_request', 'foreign_form', 'not a navigation of the whole page')
}

/** Returns where a browser can ask for the same once more; nothing for a form, which only it can send again. */
export function sameAgain({ method, url }: Request, issuer: string): string | undefined {
  const { pathname, search } = new URL(url)
  return method === 'GET' ? new URL(issuer).origin + pathname + search : undefined
}

/** Tells whether a browser is only looking ahead: nothing may come of it. */
export function isPrefetch(headers: Headers): boolean {
  return /\bprefetch\b/.test(`${headers.get('sec-purpose') ?? ''} ${headers.get('purpose') ?? ''}`)
}

/**
 * Checks that a form was sent from a page of ours.
 *
 * Browsers say so in `Sec-Fetch-Site`; older ones, and those behind a proxy that strips it, in `Origin`. Neither header is a
 * client without cookies to steal. `null` is nobody: our pages with forms have a referrer policy under which theirs is real.
 */
export function checkOwnForm(headers: Headers, issuer: string): void {
  if (!isFormType(headers.get('content-type'))) throw refusal('foreign_form', 'foreign_form', 'the body is not a form')
  const [site, origin] = [headers.get('sec-fetch-site'), headers.get('origin')]
  const isOwn = site === null ? origin === null || origin === new URL(issuer).origin : site === 'same-origin'
  if (!isOwn) throw refusal('foreign_form', 'foreign_form', 'the form comes from elsewhere')
}
