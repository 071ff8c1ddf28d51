import { describe, expect, it } from 'vitest'
import {
  anonymousSubject,
  clientSubject,
  externalSubject,
  isDigestSubject,
  isImpersonal,
  isReservedSubject,
  providerSubject,
  upstreamSubject,
} from '../../src/protocol/subject.ts'

const DIGEST = upstreamSubject('https://idp.example', 'alice')

describe('a subject', () => {
  it('of a provider’s user is derived from issuer and subject together, and always so', () => {
    expect(upstreamSubject('https://idp.example', 'alice')).toBe(DIGEST)
    const others = [
      upstreamSubject('https://idp.example', 'Alice'),
      upstreamSubject('https://idp.example/', 'alice'),
      upstreamSubject('https://idp.examplea', 'lice'),
      upstreamSubject('https://idp.exampl', 'ealice'),
      upstreamSubject('alice', 'https://idp.example'),
    ]
    expect(new Set([DIGEST, ...others]).size).toBe(6)
    // Whoever logged in before is known by it for as long as there are tokens.
    expect(DIGEST).toBe('AnmH4VCnbfUPtCrYwL7Y5lZmap_oCNrTEwdMekJo69c')
  })

  it('says of whom it is: a letter of these stands in what others keep', () => {
    expect(providerSubject('google', '1|2')).toBe('google|1|2')
    expect(clientSubject('billing')).toBe('client:billing')
    expect(anonymousSubject('1')).toBe('anonymous:1')
    expect(externalSubject('partner', 'a:b')).toBe('external:partner:a:b')
  })

  it.each([
    [clientSubject('billing'), true, true],
    [anonymousSubject('1'), true, true],
    [externalSubject('partner', 'alice'), false, true],
    ['client:', true, true],
    ['client', false, false],
    ['my-client:a', false, false],
    ['an anonymous:a', false, false],
    ['not external:a:b', false, false],
    ['clients:a', false, false],
    [providerSubject('google', '1'), false, false],
    ['alice', false, false],
    [DIGEST, false, false],
    ['', false, false],
  ])('%j is impersonal: %s, and no person may log in as it: %s (RFC 9700 §4.15)', (sub, impersonal, reserved) => {
    expect([isImpersonal(sub), isReservedSubject(sub)]).toEqual([impersonal, reserved])
  })

  it.each([
    [DIGEST, true],
    ['_-'.padEnd(43, 'Az09'), true],
    [DIGEST.slice(1), false],
    [`${DIGEST}A`, false],
    [`${DIGEST.slice(1)}|`, false],
    [`google|${DIGEST}`, false],
    [`${DIGEST}\n`, false],
  ])('%j looks like a derived one: %s', (sub, isOne) => expect(isDigestSubject(sub)).toBe(isOne))
})
