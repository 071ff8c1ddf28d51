import { describe, expect, it } from 'vitest'
import { DENIED_SCHEMES, isDeniedScheme } from '../../src/protocol/denied_schemes.ts'

describe('a scheme', () => {
  it.each(DENIED_SCHEMES)('is not %s', (denied) => {
    const isPrefix = /[-.+]$/.test(denied)
    expect([denied, isDeniedScheme(denied)]).toEqual([expect.stringMatching(/^[a-z][a-z0-9+.-]+$/), true])
    expect([isDeniedScheme(denied.toUpperCase()), isDeniedScheme(`${denied}x9`)]).toEqual([true, isPrefix])
  })

  it.each(['', 'a', 'C', '1app', 'my_app', 'my app', '-app', '.app', 'app:', 'äpp', 'app\n', ' app', '*app'])(
    'is not %j, which is none (RFC 3986 §3.1)',
    (scheme) => expect(isDeniedScheme(scheme)).toBe(true),
  )

  it.each(['ab', 'cursor', 'com.example.app', 'a+b', 'a-b.c9', 'MyApp', 'vscode', 'my-chrome-', 'xhttps'])(
    'may be %s',
    (scheme) => expect(isDeniedScheme(scheme)).toBe(false),
  )
})
