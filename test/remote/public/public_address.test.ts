import { describe, expect, it } from 'vitest'
import { findIsPublic } from '../../../src/remote/public/public_address.ts'

const isPublic = findIsPublic() ?? (() => undefined)

/** What nobody is to be reached at, first and last of each range. */
const SPECIAL: readonly (readonly [range: string, ...addresses: readonly string[]])[] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private use', '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  ['shared by a carrier', '100.64.0.0', '100.127.255.255', '100.100.100.200'],
  ['loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255'],
  ['link local, and the metadata of clouds', '169.254.0.0', '169.254.169.254', '169.254.255.255'],
  ['protocol assignments', '192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['examples', '192.0.2.0', '192.0.2.255', '198.51.100.0', '198.51.100.255', '203.0.113.0', '203.0.113.255'],
  ['anycast relays', '192.88.99.0', '192.88.99.255', '192.52.193.1', '192.31.196.1', '192.175.48.1'],
  ['benchmarks', '198.18.0.0', '198.19.255.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved, and broadcast', '240.0.0.0', '255.255.255.254', '255.255.255.255'],
  ['the host of a machine at Azure', '168.63.129.16'],
  ['IPv6: unspecified and loopback', '::', '::1'],
  [
    'IPv6: IPv4 written as IPv6',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::ffff:0:8.8.8.8',
  ],
  [
    'IPv6: NAT64 to what is special',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '64:ff9b::e000:1',
  ],
  ['IPv6: NAT64 of one network', '64:ff9b:1::', '64:ff9b:1::8.8.8.8', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['IPv6: NAT64 but for the prefix', '64:ff9b::1:0:0', '64:ff9b:2::1', '64:ff9c::8.8.8.8'],
  ['IPv6: to discard, dummies', '100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::1'],
  [
    'IPv6: protocol assignments, Teredo, ORCHID',
    '2001::',
    '2001:0:4136:e378::1',
    '2001:2::1',
    '2001:10::1',
    '2001:2f::1',
    '2001:1ff:ffff::1',
  ],
  ['IPv6: examples', '2001:db8::', '2001:db8:ffff::1', '3fff::1', '3fff:fff::1'],
  ['IPv6: 6to4', '2002::', '2002:7f00:1::1', '2002:808:808::1', '2002:ffff::1'],
  ['IPv6: a name server for what nobody asks', '2620:4f:8000::1'],
  ['IPv6: segment routing', '5f00::1'],
  ['IPv6: unique local', 'fc00::', 'fd00:ec2::254', 'fdff:ffff::1'],
  ['IPv6: link and site local', 'fe80::1', 'febf::1', 'fec0::1'],
  ['IPv6: multicast', 'ff00::', 'ff02::1', 'ffff::1'],
  ['IPv6: not given out', '1::', '1fff::1', '4000::', '8000::1', 'e000::1'],
]

describe('an address', () => {
  // promise: J05
  it.each(SPECIAL)('of %s is not of the public Internet (RFC 6890)', (_, ...addresses) => {
    expect(addresses.filter((address) => isPublic(address) !== false)).toEqual([])
  })

  it('is of the public Internet beside all that', () => {
    const addresses = [
      ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
      ...[
        '128.0.0.0',
        '169.253.255.255',
        '169.255.0.0',
        '172.15.255.255',
        '172.32.0.0',
        '192.0.1.0',
        '192.167.255.255',
      ],
      ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '168.63.129.15'],
      ...['2000::1', '2001:200::1', '2001:4860:4860::8888', '2003::1', '2606:4700::1111', '2a00:1450::1', '3ffe::1'],
      ...['64:ff9b::8.8.8.8', '64:ff9b::101:101'],
    ]
    expect(addresses.filter((address) => isPublic(address) !== true)).toEqual([])
  })

  it('that is none, or goes by an interface of this machine, is not', () => {
    const none = [
      '',
      'localhost',
      '1.2.3',
      '08.8.8.8',
      '8.8.8.8 ',
      '0x8.8.8.8',
      '134744072',
      '[2606:4700::1111]',
      '2606:4700::1111%eth0',
    ]
    expect(none.filter((address) => isPublic(address) !== false)).toEqual([])
  })
})
