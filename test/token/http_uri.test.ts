import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNamedBy, isSameUri, normalizeUri } from '../../src/token/http_uri.ts'

describe('the URL of a request, as a proof names it (RFC 9449 §4.3)', () => {
  it.each([
    ['https://as.example/token', 'https://as.example/token'],
    ['https://as.example/token', 'https://as.example/token?a=b#c'],
    ['https://as.example/token', 'https://as.example/token#c?d'],
    ['https://as.example/token', 'HTTPS://AS.Example/token'],
    ['https://as.example/token', 'https://as.example:443/token'],
    ['http://as.example/token', 'http://as.example:80/token'],
    ['https://as.example', 'https://as.example/'],
    ['https://as.example', 'https://as.example?x'],
    ['https://as.example/a/c', 'https://as.example/a/./b/../c'],
    ['https://as.example/a/c', 'https://as.example/a/%2e/b/%2E%2e/c'],
    ['https://as.example/~alice/1', 'https://as.example/%7Ealice/%31'],
    ['https://as.example/a%2Fb', 'https://as.example/a%2fb'],
    ['https://as.example/@alice/a|b', 'https://as.example/@alice/a|b'],
    ['https://[::1]:8787/x', 'https://[0:0::1]:8787/x'],
  ])('%s is %s', (a, b) => {
    expect([isSameUri(a, b), isSameUri(b, a)]).toEqual([true, true])
  })

  it.each([
    ['https://as.example/token', 'http://as.example/token'],
    ['https://as.example/token', 'https://as.example:8443/token'],
    ['https://as.example/token', 'https://as.example/token/'],
    ['https://as.example/token', 'https://as.example/Token'],
    ['https://as.example/token', 'https://as.example//token'],
    ['https://as.example/token', 'https://as.example.evil.example/token'],
    ['https://as.example/token', 'https://as.example@evil.example/token'],
    ['https://as.example/token', 'https://alice@as.example/token'],
    ['https://as.example/token', 'https://alice:secret@as.example/token'],
    ['https://as.example/a/b', 'https://as.example/a%2Fb'],
    ['https://as.example/a', 'https://as.example/a;v=1'],
  ])('%s is not %s', (a, b) => {
    expect([isSameUri(a, b), isSameUri(b, a)]).toEqual([false, false])
  })

  it.each([
    ['a relative one', '/token'],
    ['another scheme', 'ftp://as.example/token'],
    ['no text at all', ''],
    ['white space', ' https://as.example/token'],
    ['a line break in between', 'https://as.example/to\nken'],
    ['a tab behind', 'https://as.example/token\t'],
    ['a backslash', 'https://as.example\\token'],
    ['no slashes', 'https:as.example/token'],
    ['three slashes', 'https:///as.example/token'],
    ['letters that are not ASCII', 'https://as.example/töken'],
    ['a percent sign that encodes nothing', 'https://as.example/%zz'],
    ['a percent sign and one digit', 'https://as.example/%4z'],
    ['a percent sign and one digit at the end', 'https://as.example/%4'],
    ['a host that is none', 'https://as example/'],
    ['a port that is none', 'https://as.example:99999/token'],
  ])('is never %s, not even the same', (_, url) => {
    expect([normalizeUri(url), isSameUri(url, url)]).toEqual([undefined, false])
  })

  const segment = fc.stringMatching(/^[A-Za-z0-9_.~!$&'()*+,;=:@-]{0,8}$/)
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
  const origin = fc.constantFrom(
    'https://as.example',
    'http://localhost:8787',
    'https://[::1]',
    'https://xn--bcher-kva.example',
  )
  const tail = fc.stringMatching(/^(?:\?[\x21-\x22\x24-\x7e]{0,8})?(?:#[\x21-\x7e]{0,8})?$/)
  const encode = (text: string): string =>
    [...text].map((character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

  it('does not depend on query, fragment, or the spelling of what need not be encoded', () => {
    fc.assert(
      fc.property(origin, path, tail, fc.nat(), (base, at, rest, seed) => {
        let turn = seed
        const respelled = at.replace(/[A-Za-z0-9_.~-]/g, (character) => {
          turn = Math.imul(turn, 1_103_515_245) + 12_345
          return (turn >>> 16) % 3 === 0 ? encode(character) : character
        })
        expect(isSameUri(base + at, base.toUpperCase() + respelled + rest)).toBe(true)
      }),
    )
  })

  it('is the same as itself alone: another path, origin or encoded reserved character is another URL', () => {
    fc.assert(
      fc.property(origin, path, origin, path, (base, at, other, elsewhere) => {
        const [a, b] = [new URL(base + at), new URL(other + elsewhere)]
        expect(isSameUri(base + at, other + elsewhere)).toBe(a.href === b.href)
        expect(isSameUri(`${base}${at}`, `${base}${at}%2F`)).toBe(false)
      }),
    )
  })

  it('has one spelling: what is normal stays as it is', () => {
    fc.assert(
      fc.property(origin, path, tail, (base, at, rest) => {
        const normal = normalizeUri(base + at + rest) ?? ''
        expect(normalizeUri(normal)).toBe(normal)
      }),
    )
  })

  it('takes any text without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void normalizeUri(`https://a/${text}`)))
  })
})

describe('the htu of a proof', () => {
  const at = 'https://as.example'
  it.each([
    [`${at}/`, at],
    [at, `${at}/`],
    [`${at}/users/me`, `${at}/users/me`],
    [`${at}/users/%6De`, `${at}/users/%6De`],
    [`${at}/a%2fb`, `${at}/a%2fb`],
    [`${at}/users/%6De?x#y`, `${at}/users/me`],
    [`${at}/./users/x/../me`, `${at}/users/me`],
    [`${at}:443`, `${at}/`],
    ['https://as.example/a', 'https://AS.example/a'],
  ])('%s names a request at %s', (htu, url) => {
    expect(isNamedBy(htu, url)).toBe(true)
  })

  it.each([
    [`${at}/users/me`, `${at}/users/%6De`],
    [`${at}/users/m%65`, `${at}/users/%6De`],
    [`${at}/users/me`, `${at}/users/./me`],
    [`${at}/users/me`, `${at}/x/../users/me`],
    [`${at}/a%2Fb`, `${at}/a%2fb`],
    [`${at}/users/me`, `${at}/users/you`],
    [`${at}/users/me`, 'https://other.example/users/me'],
    ['ftp://as.example/a', 'ftp://as.example/a'],
    ['https://as.example/%7Ealice', 'https://as.example/%7ealice'],
    ['http://as.example/%7Ealice', 'http://as.example/%7ealice'],
    ['https://as.example/a', '/a'],
  ])('%s does not name a request at %s, which a router may take elsewhere', (htu, url) => {
    expect(isNamedBy(htu, url)).toBe(false)
  })
})
