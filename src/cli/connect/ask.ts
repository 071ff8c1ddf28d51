/**
 * One request as a client makes it: bounded in time and size, no redirect followed, and nowhere but where a client elsewhere
 * could go.
 *
 * @module
 */

import { lookup } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopback } from '../../../keys/identifier.ts'
import { findIsPublic } from '../../remote/public/public_address.ts'
import type { Place } from './rules/addresses.ts'
import type { Failure, FailureKind, Reply } from './rules/answer.ts'

/** What is asked beside a URL. */
export interface Asked {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Asks a server. It never throws. */
export type Ask = (url: string, asked?: Asked) => Promise<Reply>

/** The bounds of a walk. */
export interface Bounds {
  /** Milliseconds that a request may take, its body included. Default 10000. */
  readonly patience?: number
  /** Milliseconds that all of them may take. Default 60000. */
  readonly whole?: number
}

/** Bytes that are read of a body. */
const LONGEST = 65_536

const isPublic = findIsPublic()

/** Tells whether an address is on this machine or a private network. */
function isInside(address: string): boolean {
  return isPublic?.(address) !== true
}

/** Returns the address that a host of a URL is, if it is one. */
function addressOf(hostname: string): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) === 0 ? undefined : address
}

/** Where an answer may not come from. */
class InsideError extends Error {
  readonly code = 'INSIDE'
}

/** Returns which kind of failure a code of the platform is. */
function kindOf(code: string): FailureKind {
  if (code === 'INSIDE') return 'inside'
  if (/^(?:ENOTFOUND|EAI_)/.test(code)) return 'name'
  if (/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES)$/.test(code)) return 'refused'
  if (/^(?:ABORT_ERR|ETIMEDOUT)$/.test(code)) return 'timeout'
  if (/CERT|SELF_SIGNED|UNABLE_TO_|^ERR_(?:TLS|SSL)|^EPROTO$/.test(code)) return 'tls'
  return /^(?:HPE_|ERR_HTTP)/.test(code) ? 'malformed' : 'cut_off'
}

function failureOf(url: string, error: unknown): Failure {
  // Each address of a host fails by itself: the first says why.
  const one = error instanceof AggregateError ? error.errors[0] : error
  const { code, name } = (one ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  const known = name === 'TimeoutError' ? 'ETIMEDOUT' : String(code ?? name)
  const detail = /^[A-Z][A-Z0-9_]{1,60}$/.test(known) ? known : 'no answer'
  return { ok: false, url, kind: kindOf(known), detail }
}

/** Reads a body up to the bound; of a stream of events nothing, for it has no end. */
async function readBody(message: IncomingMessage): Promise<{ text: string; isCut: boolean }> {
  const parts: Buffer[] = []
  let length = 0
  if (!/^text\/event-stream/i.test(message.headers['content-type'] ?? ''))
    for await (const part of message) {
      parts.push(part)
      length += part.length
      if (length > LONGEST) break
    }
  message.destroy()
  return { text: new TextDecoder().decode(Buffer.concat(parts).subarray(0, LONGEST)), isCut: length > LONGEST }
}

/**
 * Returns what asks. Where the host that was typed is on this machine or a private network, others may be, too; else what
 * a server names is held to be public: its name, and what that resolves to.
 *
 * @param typed the URL that the walk began with
 * @param progress hears of each request, before it is made
 * @returns what asks, and what is known of the place: that is told by the first answer
 */
export function createAsk(
  typed: URL,
  { patience = 10_000, whole = 60_000 }: Bounds,
  progress: (url: string) => void,
): { readonly ask: Ask; readonly place: Place } {
  const end = AbortSignal.timeout(whole)
  let isHomeInside = isLoopback(typed.href)
  const isRefused = (hostname: string, addresses: readonly string[]): boolean => {
    const inside = addresses.some(isInside)
    if (hostname === typed.hostname) isHomeInside ||= inside
    return inside && !isHomeInside
  }
  const resolve: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? []
      if (error !== null || first === undefined) return callback(error, [])
      if (
        isRefused(
          hostname,
          found.map(({ address }) => address),
        )
      )
        return callback(new InsideError(), [])
      return options.all === true ? callback(null, found) : callback(null, first.address, first.family)
    })
  }
  const send = (
    url: URL,
    { method = 'GET', headers = {}, body }: Asked,
    signal: AbortSignal,
  ): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const options = {
        method,
        headers: { 'user-agent': 'bulla-doctor', 'accept-encoding': 'identity', ...headers },
        signal,
        lookup: resolve,
        agent: false as const,
      }
      const sent = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, done)
      sent.once('error', fail)
      sent.end(body)
    })
  const ask: Ask = async (address, asked = {}) => {
    progress(address)
    const signal = AbortSignal.any([end, AbortSignal.timeout(patience)])
    try {
      const url = new URL(address)
      const literal = addressOf(url.hostname)
      if (literal !== undefined && isRefused(url.hostname, [literal])) throw new InsideError()
      const message = await send(url, asked, signal)
      const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)] as const)
      const body = await readBody(message)
      return { ok: true, url: address, status: message.statusCode ?? 0, headers: Object.fromEntries(headers), ...body }
    } catch (error) {
      return failureOf(address, signal.aborted ? signal.reason : error)
    }
  }
  return {
    ask,
    place: {
      get isInside() {
        return isHomeInside
      },
    },
  }
}
