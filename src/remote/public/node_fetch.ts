/**
 * A fetch of Node that reaches the public Internet alone: a name is resolved once, all that it resolves to is looked at, and
 * the connection goes to just that. What a name resolves to a moment later nobody asks.
 *
 * @module
 */

import type { Fetch } from '../document.ts'
import type { IsPublic } from './public_address.ts'

type Message = InstanceType<ReturnType<typeof process.getBuiltinModule<'node:http'>>['IncomingMessage']>

/** Finds the addresses of a host. What it throws has a `code`, as name servers have them. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>

/** Milliseconds that one name server is waited for, and how often each is asked. */
const PATIENCE = { timeout: 1000, tries: 2 }

/**
 * Returns what asks name servers: not the machine's own list of hosts, whose names are nobody else's, and not by the threads that
 * the rest of Node's work is done by, which somebody's slow name server could take.
 *
 * @param servers those to ask. Default: the machine's
 */
export function createResolve(servers?: readonly string[]): Resolve {
  const { Resolver } = process.getBuiltinModule('node:dns').promises
  return async (host, signal) => {
    const resolver = new Resolver(PATIENCE)
    if (servers !== undefined) resolver.setServers(servers)
    const cancel = (): void => resolver.cancel()
    signal.addEventListener('abort', cancel)
    try {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
      const addresses = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
      if (addresses.length === 0 && v4.status === 'rejected') throw v4.reason
      return addresses
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
}

/** Returns what went wrong, as a platform's fetch has it: the log is told the code. */
function failed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause })
}

/** Says that a host has an address that is not of the public Internet. */
const SPECIAL = { code: 'SPECIAL_ADDRESS' }

/** What the fetch goes by. */
export interface NodeFetchOptions {
  readonly isPublic: IsPublic
  readonly resolve: Resolve
  /** Whether this very machine may be reached by the names that it always has: for development. */
  readonly isLoopbackAllowed: boolean
}

/** The addresses of this very machine by the hosts that always mean it. */
const LOOPBACK: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '127.0.0.1': ['127.0.0.1'],
  '::1': ['::1'],
}

/** Returns a message as a response; its body ends with it. */
function respond(message: Message): Response {
  const { statusCode: status = 0, headersDistinct } = message
  const headers = new Headers(
    Object.entries(headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    ),
  )
  // Asked for as it is, it comes as it is: what would have to be unpacked could be of any size.
  const isPacked = !/^(?:identity)?$/i.test(headers.get('content-encoding') ?? '')
  if (status === 200 && !isPacked) {
    const { Readable } = process.getBuiltinModule('node:stream')
    return new Response(Readable.toWeb(message) as unknown as ReadableStream, { headers })
  }
  message.destroy()
  if (status === 200) throw failed({ code: 'CONTENT_ENCODING' })
  return new Response(null, { status, headers })
}

/**
 * Returns a fetch for GET alone, which follows no redirect, shares no connection, and throws for a host with an address that is
 * not of the public Internet, whatever others it has beside.
 *
 * This does NOT bound what comes, or how long it takes: the signal does.
 */
export function createNodeFetch({ isPublic, resolve, isLoopbackAllowed }: NodeFetchOptions): Fetch {
  const { isIP } = process.getBuiltinModule('node:net')
  const { request } = process.getBuiltinModule('node:https')

  /** Returns the addresses of a host, all of which may be reached. */
  async function addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
    const own = isLoopbackAllowed ? LOOPBACK[host] : undefined
    if (own !== undefined) return own
    // An address is connected to without a look-up.
    const addresses = isIP(host) === 0 ? await resolve(host, signal) : [host]
    if (addresses.length === 0 || !addresses.every(isPublic)) throw SPECIAL
    return addresses
  }

  return async (url, { headers, signal } = {}) => {
    if (!signal) throw failed({ code: 'NO_SIGNAL' })
    const { hostname, port, pathname, search } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const found = await addressesOf(host, signal).catch((cause: unknown) => {
      throw failed(cause)
    })
    signal.throwIfAborted()
    const all = found.map((address) => ({ address, family: isIP(address) }))
    const message = await new Promise<Message>((resolve, reject) => {
      const sent = request({
        host,
        port: port === '' ? 443 : Number(port),
        path: pathname + search,
        headers: { ...Object.fromEntries(new Headers(headers)), 'accept-encoding': 'identity' },
        // A connection of its own: one that is kept would be reused by its name alone.
        agent: false,
        lookup: (_, options, callback) => {
          const [first] = all
          if (options.all) callback(null, all)
          else callback(null, first?.address ?? '', first?.family)
        },
        signal,
      })
      sent.once('response', resolve).on('error', (cause) => reject(failed(cause)))
      // A server that goes on in another protocol does not answer.
      sent.once('upgrade', (_, socket) => {
        socket.destroy()
        reject(failed({ code: 'UPGRADE' }))
      })
      sent.end()
    })
    return respond(message)
  }
}
