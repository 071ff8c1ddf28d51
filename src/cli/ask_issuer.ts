/**
 * One request to a running issuer, bounded as all that is fetched: it is not followed elsewhere, and what comes may be anybody's.
 *
 * @module
 */

import { type Fetch, fetchText, readJson } from '../remote/document.ts'
import { Refusal } from './command.ts'

/** Milliseconds that one answer may take, its body included. */
const PATIENCE = 10_000

/** What an issuer answers. */
export interface IssuerAnswer {
  readonly status: number
  /** Its JSON; nothing is in it where it is no JSON object, or longer than 64 KB. */
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Asks an issuer. Which media type an answer has is not checked: it is judged by what it says.
 *
 * @throws {Refusal} when there is no answer
 */
export async function askIssuer(
  url: string,
  init: RequestInit = {},
  fetch: Fetch = (...asked) => globalThis.fetch(...asked),
): Promise<IssuerAnswer> {
  const bounds = { type: /^/, patience: PATIENCE, isErrorRead: true }
  const came = await fetchText(url, fetch, init, bounds)
  const status = came.ok ? 200 : came.status
  if (status === undefined) throw new Refusal(`${new URL(url).origin} does not answer: ${came.ok || came.detail}`)
  const json = readJson(came.text ?? '')
  return { status, body: typeof json === 'object' ? json : {} }
}
