import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DENIED_SCHEMES, isDeniedScheme } from '../../src/protocol/denied_schemes.ts'
import {
  addParameters,
  checkWalkInRedirectUri,
  isRegistered,
  mayBeRegistered,
} from '../../src/protocol/redirect_uri.ts'

const ISSUER = 'https://auth.example.com'

const schemes = fc.oneof(
  fc.constantFrom('https', 'http', 'cursor', 'vscode', 'com.example.app', 'x', 'Cursor', 'my app', ''),
  fc.constantFrom(...DENIED_SCHEMES),
  fc.constantFrom(...DENIED_SCHEMES).map((scheme) => `${scheme}x`),
  fc.stringMatching(/^[a-zA-Z0-9+._-]{0,12}$/),
)
const hosts = fc.oneof(
  fc.constantFrom(
    'app.example',
    'auth.example.com',
    'auth.example.com.',
    'localhost',
    'localhost.',
    '127.0.0.1',
    '[::1]',
  ),
  fc.constantFrom(
    '2130706433',
    '0x7f.1',
    '127.1',
    'xn--bcher-kva.example',
    'b\u00fccher.example',
    '',
    '*',
    'a..b',
    '\uff0e',
  ),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
)
const odd = fc.constantFrom(
  ...['/', '//', '\\', '?', '#', '@', ':', ';', '.', '..', '%2e', '%2f', '%5c', '%0d%0a', '%00', '%', '*', ' ', '\t'],
  ...[
    '\r\n',
    '\0',
    '"',
    '<',
    '>',
    '^',
    '`',
    '{',
    '|',
    '}',
    '\u00fc',
    '\u202e',
    'cb',
    'x=1',
    '&',
    '~',
    ':443',
    ':1',
    'user@',
  ],
)
const uris = fc
  .tuple(
    schemes,
    fc.constantFrom(':/', '://', ':///', ':', ':\\\\', '://user@', '://user:pw@'),
    hosts,
    fc.array(odd, { maxLength: 6 }),
  )
  .map(([scheme, colon, host, rest]) => `${scheme}${colon}${host}${rest.join('')}`)
/** What may be registered is rare among all that: some of it, for sure. */
const good = fc
  .tuple(
    fc.constantFrom('https://app.example', 'http://127.0.0.1', 'http://[::1]:8080', 'cursor://a.b', 'com.example.app:'),
    fc.webPath({ size: 'small' }),
    fc.option(fc.webQueryParameters({ size: 'small' })),
  )
  .map(([start, path, query]) => `${start}/${path.slice(1)}${query === null ? '' : `?${query}`}`)
const all = fc.oneof(uris, uris, good)

const isAllowed = (uri: string): boolean => {
  try {
    checkWalkInRedirectUri('x', uri, { issuer: ISSUER })
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return false
  }
}

describe('whatever is sent as a redirect URI', () => {
  it('has no scheme of the list, no user, no fragment, and is what a URL parser makes of it, once it may be registered', () => {
    let times = 0
    fc.assert(
      fc.property(all, (uri) => {
        if (!mayBeRegistered(uri)) return
        times++
        const { protocol, username, password, hash, href } = new URL(uri)
        expect(isDeniedScheme(protocol.slice(0, -1)) && !/^https?:$/.test(protocol)).toBe(false)
        expect(username + password + hash).toBe('')
        expect([uri, uri.replace(/^(https?:\/\/[^/?]+)/, '$1/')]).toContain(href)
        expect(uri).toMatch(/^[\x21-\x7e]{1,512}$/)
      }),
      { numRuns: 3000 },
    )
    expect(times).toBeGreaterThan(100)
  })

  it('is answered at just that place: what is added to its query changes nothing else', () => {
    fc.assert(
      fc.property(all, fc.string(), (uri, state) => {
        if (!mayBeRegistered(uri)) return
        const [before, after] = [new URL(uri), new URL(addParameters(uri, { code: 'c', state }))]
        for (const part of ['protocol', 'host', 'pathname', 'hash'] as const) expect(after[part]).toBe(before[part])
        expect([after.searchParams.getAll('code'), before.searchParams.getAll('code')]).toEqual([['c'], []])
      }),
      { numRuns: 2000 },
    )
  })

  it('is never an address, the own machine by https, or the issuer, where nobody has configured the client', () => {
    fc.assert(
      fc.property(all, (uri) => {
        if (!isAllowed(uri)) return
        const { protocol, hostname } = new URL(uri)
        if (protocol === 'http:') expect(['127.0.0.1', '[::1]', 'localhost']).toContain(hostname)
        if (protocol !== 'https:') return
        expect(hostname).toMatch(/^(?:[a-z0-9_-]+\.)*[a-z0-9_-]*[a-z_-][a-z0-9_-]*$/)
        expect(['auth.example.com', 'localhost']).not.toContain(hostname)
      }),
      { numRuns: 3000 },
    )
  })

  // promise: I07
  it('leads nowhere but to what was registered, and may still be', () => {
    fc.assert(
      fc.property(all, all, (presented, registered) => {
        expect(isRegistered(registered, [registered])).toBe(mayBeRegistered(registered))
        if (!isRegistered(presented, [registered]) || presented === registered) return
        const [one, other] = [new URL(presented), new URL(registered)]
        expect([one.protocol, one.hostname, one.pathname + one.search]).toEqual([
          'http:',
          other.hostname,
          other.pathname + other.search,
        ])
      }),
      { numRuns: 3000 },
    )
  })
})
