import { describe, expect, it } from 'vitest'
import { readStrictTransportSecurity } from '../../src/protocol/strict_transport_security.ts'

const ISSUER = 'https://auth.example.com'

describe('Strict-Transport-Security (RFC 6797 §6.1)', () => {
  it('is a year for this host alone, unless the operator says otherwise', () => {
    expect(readStrictTransportSecurity(ISSUER)).toBe('max-age=31536000')
  })

  it.each([
    'max-age=0',
    'max-age=63072000',
    'max-age=9999999999',
    'max-age=31536000; includeSubDomains',
    'max-age=31536000; includeSubDomains; preload',
  ])('may be %s', (policy) => expect(readStrictTransportSecurity(ISSUER, policy)).toBe(policy))

  it.each([
    '',
    'max-age=',
    'max-age=-1',
    'max-age=1.5',
    'max-age=1y',
    'max-age=12345678901',
    'Max-Age=1',
    ' max-age=1',
    'max-age=1 ',
    'max-age=1\n',
    'max-age=1;',
    'max-age=1; preload',
    'max-age=1; preload; includeSubDomains',
    'max-age=1; includeSubDomains; preload; x',
    'max-age=1; includeSubDomains\r\nX: 1',
    'includeSubDomains',
    'max-age=1; includeSubDomains; includeSubDomains',
  ])('may not be %j', (policy) => expect(() => readStrictTransportSecurity(ISSUER, policy)).toThrow(RangeError))

  it('is told the operator in its form where it is wrong', () => {
    expect(() => readStrictTransportSecurity(ISSUER, 'x')).toThrow(/"strictTransportSecurity" .*max-age=.*preload/)
  })

  it.each([null, 31_536_000, true, {}, ['max-age=1']])('is a text, not %j', (policy) => {
    expect(() => readStrictTransportSecurity(ISSUER, policy)).toThrow(TypeError)
  })

  it.each(['https://localhost', 'https://localhost:8443', 'https://127.0.0.1:8443', 'https://[::1]'])(
    'is said of nothing on this very machine: %s',
    (issuer) => {
      expect(readStrictTransportSecurity(issuer)).toBeUndefined()
      expect(readStrictTransportSecurity(issuer, 'max-age=1')).toBeUndefined()
      // It is read nevertheless.
      expect(() => readStrictTransportSecurity(issuer, 'wrong')).toThrow('strictTransportSecurity')
    },
  )

  it('is said by plain http, where no browser heeds it (RFC 6797 §8.1)', () => {
    expect(readStrictTransportSecurity('http://localhost:8788')).toBe('max-age=31536000')
  })
})
