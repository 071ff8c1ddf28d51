/**
 * JSON from elsewhere, at URLs that the operator named: bounded in size and time, no redirects, kept for a while.
 *
 * @module
 */

/** The platform's `fetch`, or one in its place. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** Something from elsewhere that did not come, or is not what it should be. The message is for the log alone. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
}

/** Bytes that an answer may have. */
const LONGEST = 65_536

/** Milliseconds that an answer may take, its body included. */
const PATIENCE = 2500

/** Hosts that lead to this machine or its own network, whatever the operator's name server says. */
function isInternal(hostname: string): boolean {
  return /^[\d.]+$|^\[|^localhost$|\.(?:localhost|local|internal|home\.arpa)$|^[^.]+$|\.$/.test(hostname)
}

/**
 * Checks a URL that something is to be fetched from: https on a host with a public name, without a user.
 *
 * @param isLoopbackAllowed whether http and https on this very machine will do too: for development
 * @throws {RangeError} when it is any other
 */
export function checkRemoteUrl(name: string, url: unknown, isLoopbackAllowed: boolean): asserts url is string {
  const expected = `"${name}" expected an https URL of a public host`
  if (typeof url !== 'string' || !URL.canParse(url)) throw new RangeError(expected)
  const { protocol, hostname, username, password, hash } = new URL(url)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  const isFine = isLoopback ? isLoopbackAllowed : protocol === 'https:' && !isInternal(hostname)
  if (!isFine || !/^https?:$/.test(protocol) || username + password + hash !== '') throw new RangeError(expected)
}

async function readBounded(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) throw new RemoteError('no body')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > LONGEST) {
      await reader.cancel()
      throw new RemoteError('more than 64 KB')
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * Fetches a JSON object.
 *
 * @throws {RemoteError} when it does not come in 2.5 seconds, is a redirect or an error, is larger than 64 KB, or is no
 * JSON object
 */
export async function fetchJson(
  url: string,
  fetch: Fetch,
  init: RequestInit = {},
): Promise<Readonly<Record<string, unknown>>> {
  try {
    // `redirect: 'error'` throws in workerd: with 'manual' a redirect is just not 200.
    const headers = { accept: 'application/json', ...(init.headers as Record<string, string> | undefined) }
    const response = await fetch(url, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) })
    if (response.status !== 200) throw new RemoteError(`status ${response.status}`)
    if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(response.headers.get('content-type') ?? '')) {
      throw new RemoteError('not of a JSON type')
    }
    const json: unknown = JSON.parse(await readBounded(response))
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new RemoteError('no JSON object')
    return json as Readonly<Record<string, unknown>>
  } catch (cause) {
    if (cause instanceof RemoteError) throw cause
    throw new RemoteError(cause instanceof Error ? cause.name : 'failed', { cause })
  }
}

/** A document that is kept. */
export interface RemoteDocument {
  /**
   * Returns the document: as it is kept, or fetched anew when it is older than five minutes. When that fails, the one
   * that is kept serves for a day more.
   *
   * @param now Unix seconds
   * @param isLacking whether something was not found in what is kept: then it is fetched anew, but not twice in 30 seconds
   * @throws {RemoteError} when there is none
   */
  get(now: number, isLacking?: boolean): Promise<Readonly<Record<string, unknown>>>
}

/** Seconds. */
const FRESH = 300
const STALE = 86_400
const COOLDOWN = 30

/** Returns a document that is fetched when it is first needed, once for all who wait for it. Failures are not kept. */
export function createRemoteDocument(url: string, fetch: Fetch): RemoteDocument {
  let kept: { readonly json: Readonly<Record<string, unknown>>; readonly at: number } | undefined
  let underWay: Promise<Readonly<Record<string, unknown>>> | undefined

  async function load(now: number): Promise<Readonly<Record<string, unknown>>> {
    try {
      const json = await fetchJson(url, fetch)
      kept = { json, at: now }
      return json
    } catch (error) {
      if (kept !== undefined && now - kept.at < STALE) return kept.json
      throw error
    } finally {
      underWay = undefined
    }
  }

  return {
    async get(now, isLacking = false) {
      const oldest = isLacking ? COOLDOWN : FRESH
      if (kept !== undefined && now - kept.at < oldest) return kept.json
      underWay ??= load(now)
      return underWay
    },
  }
}
