import { describe, expect, it } from 'vitest'
import { lineOf } from '../../src/protocol/address_line.ts'

describe('the line of an address', () => {
  it.each(['192.0.2.1', '127.0.0.1', '0.0.0.0', 'unknown', ''])(
    'is what it is where it is not of IPv6: %j',
    (address) => {
      expect(lineOf(address)).toBe(address)
    },
  )

  it.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
  ])('is the IPv4 one in %s (RFC 4291 §2.5.5.2)', (address, line) => expect(lineOf(address)).toBe(line))

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:0:a::', '2001:db8:0:0'],
    ['2001:db8:0000:0000:a:b:c:d', '2001:db8:0:0'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:3'],
    ['2001::2:3:4:5:6:7', '2001:0:2:3'],
    ['::2:3:4:5:6:7:8', '0:2:3:4'],
    ['1:2:3::', '1:2:3:0'],
    ['::', '0:0:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    // What is no address of IPv4 within one of IPv6.
    ['::ffff:192.0.2.1:1', '0:0:0:0'],
    ['1::ffff:192.0.2.1', '1:0:0:0'],
    ['::ffff:c000:201', '0:0:0:0'],
  ])('of IPv6 is the first 64 bits, however it is written: %s (RFC 5952 §2)', (address, line) => {
    expect(lineOf(address)).toBe(line)
  })
})
