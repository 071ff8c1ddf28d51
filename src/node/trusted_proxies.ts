/**
 * From where a request comes, in Node: who is connected, or what proxies tell that are written out. Whatever else a caller writes of itself is
 * the caller's to choose, `X-Forwarded-For` too.
 *
 * @module
 */

import { BlockList, isIP } from 'node:net'
import { getConnInfo } from '@hono/node-server/conninfo'

/** Who may say for whom it asks. */
export interface TrustedProxiesOptions {
  /**
   * Addresses, and networks such as `10.0.0.0/8`, of proxies that put the address which they see last in `X-Forwarded-For`. Nobody else may come
   * from there. Default none: the header is not read.
   */
  readonly trustedProxies?: readonly string[]
}

/** Returns an address as it is compared: a server that listens to both kinds sees IPv4 as IPv6. */
function plain(address: string): string {
  return /^::ffff:(?=[\d.]+$)(.*)/i.exec(address)?.[1] ?? address
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Returns the address in an entry of the header, which some proxies write with a port; nothing where there is none. */
function addressIn(entry: string): string | undefined {
  const [, bracketed, v4] = /^(?:\[([\da-f:.]+)\](?::\d+)?|([\d.]+):\d+)$/i.exec(entry) ?? []
  const address = plain(bracketed ?? v4 ?? entry)
  return isIP(address) === 0 ? undefined : address
}

/**
 * Reads addresses and networks.
 *
 * @throws {RangeError} when one is none
 */
function readProxies(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits, ...rest] = proxy.split('/')
    const most = isIP(address) === 4 ? 32 : 128
    const isNetwork = bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most
    if (isIP(address) === 0 || rest.length > 0 || (bits !== undefined && !isNetwork))
      throw new RangeError(`"trustedProxies" expected addresses, or networks such as 10.0.0.0/8, got "${proxy}"`)
    if (isNetwork) list.addSubnet(address, Number(bits), familyOf(address))
    else list.addAddress(address, familyOf(address))
  }
  return list
}

/** Tells whether the runtime handed over who is connected. */
function isConnected(env: unknown): boolean {
  const { server, incoming } = (env ?? {}) as { server?: { incoming?: object }; incoming?: object }
  return (server?.incoming ?? incoming) !== undefined
}

/**
 * Returns the setting `addressOf` for Node: the address that the nearest trusted proxy saw which is itself none; without one, who is connected.
 *
 * @throws {RangeError} when a proxy is neither an address nor a network
 * @example
 * import { createIssuer, type IssuerSettings } from 'bulla'
 * import { addressFrom } from 'bulla/node'
 *
 * export const behindProxy = (settings: IssuerSettings) =>
 *   createIssuer({ ...settings, addressOf: addressFrom({ trustedProxies: ['10.0.0.0/8'] }) })
 */
export function addressFrom({
  trustedProxies = [],
}: TrustedProxiesOptions = {}): (request: Request, env: unknown) => string | undefined {
  const list = readProxies(trustedProxies)
  return (request, env) => {
    if (!isConnected(env)) return undefined
    const connected = getConnInfo({ env, req: { raw: request } } as Parameters<typeof getConnInfo>[0]).remote.address
    if (connected === undefined) return undefined
    const told = (request.headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim())
    let address = plain(connected)
    while (list.check(address, familyOf(address))) {
      const next = addressIn(told.pop() ?? '')
      // What cannot be read is not guessed: then it is the proxy itself, and all who come by it are one.
      if (next === undefined) return address
      address = next
    }
    return address
  }
}
