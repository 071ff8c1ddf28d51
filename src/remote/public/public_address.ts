/**
 * Which addresses are of the public Internet: those of no special-purpose registry (RFC 6890, RFC 8190).
 *
 * @module
 */

import { isNode } from '../../jose/platform/node_crypto.ts'

/**
 * What is special of IPv4, whether it can be reached or not: nobody publishes documents at an anycast relay, either. The last is
 * what a machine at Azure asks of its host.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
]

/** What is given out of IPv6 (RFC 4291 §2.4): all else is special, and so is what of IPv4 is written as IPv6. */
const GIVEN_IPV6 = '2000::/3'

/** What is special of that: protocols with Teredo, examples, 6to4, a name server for what nobody asks. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

/** IPv4 as a network without it sees it (RFC 6052 §2.1): each address is as special as the one in it. */
const NAT64 = '64:ff9b::'

/** A way to tell addresses apart. */
export type IsPublic = (address: string) => boolean

/** Returns what tells whether an address is of the public Internet; nothing outside Node. */
export function findIsPublic(): IsPublic | undefined {
  if (!isNode()) return undefined
  const { BlockList, isIP } = process.getBuiltinModule('node:net')
  const [given, special] = [new BlockList(), new BlockList()]
  const add = (list: typeof given, network: string, longer = 0): void => {
    const [address = '', prefix = ''] = network.split('/')
    list.addSubnet(address, Number(prefix) + longer, address.includes(':') ? 'ipv6' : 'ipv4')
  }
  add(given, GIVEN_IPV6)
  add(given, `${NAT64}/96`)
  for (const network of SPECIAL_IPV6) add(special, network)
  for (const network of SPECIAL_IPV4) {
    add(special, network)
    add(special, NAT64 + network, 96)
  }
  return (address) => {
    const version = isIP(address)
    // One that goes by an interface of this machine is of no other network.
    if (version === 0 || address.includes('%')) return false
    return version === 4
      ? !special.check(address, 'ipv4')
      : given.check(address, 'ipv6') && !special.check(address, 'ipv6')
  }
}
