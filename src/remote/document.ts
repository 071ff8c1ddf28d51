/**
 * JSON from elsewhere, at URLs that the operator named: bounded in size and time, no redirects, kept for a while.
 *
 * @module
 */

import { essenceOf, JSON_TYPE } from '../protocol/media_type.ts'
import type { WaitUntil } from '../wait_until.ts'
import { createKept, type Kept } from './kept.ts'

/** The platform's `fetch`, or one in its place. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** Tells that something did not come from elsewhere: keys of a `recipient`, of a `signer`. */
export type TellFailed = (what: 'recipient' | 'signer') => void

/** A JSON object. */
type Json = Readonly<Record<string, unknown>>

/** What came from elsewhere; or why nothing did, for the log alone, and what was said instead, if that was asked for. */
export type Fetched =
  | { readonly ok: true; readonly json: Json }
  | { readonly ok: false; readonly detail: string; readonly status?: number; readonly json?: Json }

/** The text of what came, with its headers; or the status of an answer that is none, and its text if that was asked for. */
export type FetchedText =
  | { readonly ok: true; readonly text: string; readonly headers: Headers }
  | { readonly ok: false; readonly detail: string; readonly status?: number; readonly text?: string }

/** Bytes that an answer may have, unless more is allowed. */
const LONGEST = 65_536

/** Milliseconds that an answer may take, its body included, unless more is allowed. */
const PATIENCE = 2500

/** Reads a body; one that is longer than it may be is cut off, and nothing. */
async function readBounded(response: Response, longest: number): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > longest) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

/** What may come. */
export interface Bounds {
  /** The media types that are taken, in lower case and without parameters. */
  readonly type: RegExp
  /** Bytes at the most. Default 65536. */
  readonly longest?: number
  /** Milliseconds at the most, body included. Default 2500. */
  readonly patience?: number
  /** Whether the body that comes with a status of 400 or more is wanted too. Default false. */
  readonly isErrorRead?: boolean
}

/** Returns what a status that is not 200 means. */
export function describeStatus(status: number): string {
  const isRedirect = status === 0 || (status >= 300 && status < 400 && status !== 304)
  return isRedirect ? `a redirect, which is not followed (status ${status})` : `status ${status}`
}

/** Returns why nothing came, as the platform codes it: a host that is not there, TLS, time. Its message is not told. */
export function describeFailure(error: unknown, patience: number = PATIENCE): string {
  const { name, cause } = error instanceof Error ? error : { name: 'failed', cause: undefined }
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  if (name === 'TimeoutError') return `no answer in ${patience} ms`
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? `${name}: ${code}` : name
}

/**
 * Fetches a text: in 2.5 seconds, body included, with status 200 and no redirect, of one of the types, and not too long.
 */
export async function fetchText(url: string, fetch: Fetch, init: RequestInit, bounds: Bounds): Promise<FetchedText> {
  const { type, longest = LONGEST, patience = PATIENCE, isErrorRead = false } = bounds
  const signal = AbortSignal.timeout(patience)
  try {
    // `redirect: 'error'` throws in workerd: with 'manual' a redirect is just not 200.
    const response = await fetch(url, { ...init, redirect: 'manual', signal })
    const { status, headers } = response
    const isOfType = type.test(essenceOf(headers.get('content-type')))
    const error = { ok: false, detail: status === 200 ? 'another media type' : describeStatus(status), status } as const
    if (!isOfType || (status !== 200 && !(isErrorRead && status >= 400))) {
      await response.body?.cancel()
      return error
    }
    const text = await readBounded(response, longest)
    if (status !== 200) return text === undefined ? error : { ...error, text }
    return text === undefined ? { ok: false, detail: 'too long', status } : { ok: true, text, headers }
  } catch (error) {
    return { ok: false, detail: describeFailure(signal.aborted ? signal.reason : error, patience) }
  }
}

/** Returns the JSON object that a text is; or why it is none. */
export function readJson(text: string): Json | string {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Json) : 'no JSON object'
  } catch {
    return 'no JSON'
  }
}

/** Fetches a JSON object; bounded as `fetchText`, at 64 KB. */
export async function fetchJson(
  url: string,
  fetch: Fetch,
  init: RequestInit = {},
  bounds: Omit<Bounds, 'type'> = {},
): Promise<Fetched> {
  const headers = { accept: 'application/json', ...(init.headers as Record<string, string> | undefined) }
  const fetched = await fetchText(url, fetch, { ...init, headers }, { ...bounds, type: JSON_TYPE })
  const json = fetched.text === undefined ? undefined : readJson(fetched.text)
  if (!fetched.ok) return typeof json === 'object' ? { ...fetched, json } : fetched
  return typeof json === 'object' ? { ok: true, json } : { ok: false, detail: json ?? 'no JSON' }
}

/** A document that is kept; see {@link createRemoteDocument}. */
export type RemoteDocument = Kept<Fetched>

/** Seconds after which a document is fetched anew beside a request. */
const FRESH = 300

/** Seconds after which a request waits for a newer one: what was withdrawn meanwhile is not taken for good. */
const HOLD = 600

/** Seconds that a document serves while no newer can be had. */
const MOST = 86_400

/** Seconds between two fetches for what is lacking, and after one that failed. */
const COOLDOWN = 30

/** Seconds after a fetch that failed, while there is no document. */
const RETRY = 5

/**
 * Returns a document that is fetched when it is first needed, once for all who wait for it. One that is older than five
 * minutes is fetched anew beside the request, than ten before it; what cannot be fetched is served for a day. With
 * `isLacking` it is fetched and waited for, but not twice in 30 seconds. What failed is not tried again for 30 seconds; for
 * five, where there is no document.
 *
 * @param waitUntil keeps a worker awake until the document is there. Default: nothing does
 */
export function createRemoteDocument(url: string, fetch: Fetch, waitUntil?: WaitUntil): RemoteDocument {
  return createKept(() => fetchJson(url, fetch), {
    fresh: () => FRESH,
    hold: HOLD,
    most: MOST,
    cooldown: COOLDOWN,
    retry: RETRY,
    waitUntil,
  })
}
