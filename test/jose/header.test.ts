import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { readAgreementHeader, readHeader } from '../../src/jose/header.ts'

const segmentOf = (header: unknown): string => {
  const text = typeof header === 'string' ? header : JSON.stringify(header)
  return encodeBase64url(new TextEncoder().encode(text))
}
/** Returns what was read, or the code of the refusal. */
const outcome = (read: () => unknown): unknown => {
  try {
    return read()
  } catch (error) {
    return (error as { code: string }).code
  }
}
const read = (header: unknown): unknown => outcome(() => readHeader(segmentOf(header), ['alg', 'kid']))
const readAgreement = (header: unknown): unknown => outcome(() => readAgreementHeader(segmentOf(header), ['alg']))

describe('a header', () => {
  it('has exactly the members that are known, in any order', () => {
    for (const header of [
      { alg: 'dir', kid: 'k' },
      { kid: '', alg: '' },
    ])
      expect(read(header)).toEqual(header)
  })

  it.each<[string, unknown]>([
    ['a member more', { alg: 'dir', kid: 'k', typ: 'JWT' }],
    ['a member less', { alg: 'dir' }],
    ['another member', { alg: 'dir', typ: 'JWT' }],
    ['no member', {}],
    ['a member that is no text', { alg: 'dir', kid: 1 }],
    ['a member that is null', { alg: null, kid: 'k' }],
    ['a member that all objects have', { alg: 'dir', constructor: 'k' }],
    ['an ephemeral key', { alg: 'dir', kid: 'k', epk: {} }],
    ['a list in its place', ['dir', 'k']],
    ['null in its place', null],
    ['white space', '{"alg":"dir", "kid":"k"}'],
  ])('is refused with %s', (_, header) => {
    expect(read(header)).toBe('header')
  })

  it('is below 512 bytes', () => {
    const rest = 511 - JSON.stringify({ alg: 'dir', kid: '' }).length
    expect(read({ alg: 'dir', kid: 'k'.repeat(rest) })).toMatchObject({ alg: 'dir' })
    expect(read({ alg: 'dir', kid: 'k'.repeat(rest + 1) })).toBe('header')
  })
})

describe('a header with an ephemeral key', () => {
  const ec = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'BBBB' }
  const okp = { kty: 'OKP', crv: 'X25519', x: 'AAAA' }

  it.each([ec, okp])('is taken on $crv (RFC 7518 §4.6.1.1)', (epk) => {
    expect(readAgreement({ alg: 'ECDH-ES', epk })).toEqual({ alg: 'ECDH-ES', epk })
  })

  it.each<[string, unknown]>([
    ['a text', 'key'],
    ['null', null],
    ['a list', [ec]],
    ['nothing in it', {}],
    ['another curve', { ...ec, crv: 'P-384' }],
    ['the curve of another kind', { ...ec, crv: 'X25519' }],
    ['another kind', { ...okp, crv: 'P-256' }],
    ['a curve that only signs', { ...okp, crv: 'Ed25519' }],
    ['a shared key', { kty: 'oct', crv: 'X25519', x: 'AAAA' }],
    ['no x', { ...ec, x: undefined }],
    ['an x that is no text', { ...okp, x: 1 }],
    ['no y', { ...ec, y: undefined }],
    ['a y that is no text', { ...ec, y: 1 }],
    ['a y beside X25519', { ...okp, y: 'BBBB' }],
    ['its private part', { ...ec, d: 'CCCC' }],
    ['a kid', { ...okp, kid: 'k' }],
  ])('is refused where that is, or has, %s', (_, epk) => {
    expect(readAgreement({ alg: 'ECDH-ES', epk })).toBe('header')
  })

  it.each<[string, unknown]>([
    ['without it', { alg: 'ECDH-ES' }],
    ['with a member more', { alg: 'ECDH-ES', epk: ec, apu: 'AAAA' }],
    ['with a member less', { epk: ec }],
    ['with another in its place', { alg: 'ECDH-ES', jwk: ec }],
  ])('is refused %s', (_, header) => {
    expect(readAgreement(header)).toBe('header')
  })
})
