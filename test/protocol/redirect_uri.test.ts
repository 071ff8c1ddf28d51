import { describe, expect, it } from 'vitest'
import { DENIED_SCHEMES, isDeniedScheme } from '../../src/protocol/denied_schemes.ts'
import {
  addParameters,
  checkRedirectUri,
  checkWalkInRedirectUri,
  isOnDevice,
  isRegistered,
  mayBeRegistered,
} from '../../src/protocol/redirect_uri.ts'

const WEB = 'https://app.example/cb'
const NATIVE = ['http://127.0.0.1/cb', 'http://[::1]/cb', 'com.example.app:/cb']
const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback'

/** What apps register, as they were seen to do it. */
const IN_THE_FIELD = {
  'VS Code': [
    'http://127.0.0.1/',
    'http://127.0.0.1:33418/',
    'https://vscode.dev/redirect',
    'https://insiders.vscode.dev/redirect',
  ],
  'extensions of VS Code': [
    'vscode://saoudrizwan.claude-dev/mcp-auth/callback/x',
    'vscode-insiders://GitHub.copilot-chat/cb',
  ],
  Cursor: [CURSOR, 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'],
  Claude: [
    'https://claude.ai/api/mcp/auth_callback',
    'https://claude.com/api/mcp/auth_callback',
    'http://localhost/callback',
    'http://127.0.0.1/callback',
  ],
  ChatGPT: ['https://chatgpt.com/connector/oauth/aB3_x-9', 'https://chatgpt.com/connector_platform_oauth_redirect'],
  'Copilot Studio': ['https://global.consent.azure-apim.net/redirect/new-5fmcp-20tool-5f0123456789abcdef'],
  goose: ['http://127.0.0.1/oauth_callback', 'http://[::1]/oauth_callback', 'goose://oauth/callback'],
  Windsurf: ['windsurf://codeium.windsurf/oauth/callback'],
  'the inspector': ['http://127.0.0.1:6276/oauth/callback', 'http://localhost:6274/oauth/callback/debug'],
  'mcp-remote': ['http://localhost:3334/oauth/callback'],
  Raycast: ['com.raycast:/oauth?package_name=Extension', 'https://raycast.com/redirect?packageName=Extension'],
  'an app of a phone': ['com.example.app:/cb', 'com.example.app://oauth/cb', 'msauth.com.example.app://auth/'],
}

describe('a redirect URI that is registered', () => {
  it.each([
    WEB,
    'https://app.example',
    'https://app.example/',
    'https://app.example:8443/cb',
    'https://app.example/cb?x=1&y=2',
    'https://app.example?x=1',
    'https://xn--bcher-kva.example/cb',
    'https://app.example/a%20b',
    'https://app.example/v1./cb?x=a/../b',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8080/cb',
    'http://[::1]/cb',
    'http://localhost/cb',
    'http://localhost:3000',
    'com.example.app:/cb',
    'com.example.app:/',
    'org.example.a-b+c:/x?y=1',
    'myapp:/cb',
    'myapp://host/',
    'myapp://Some_Host.x-1/cb?x=1',
    'https://app.example//cb',
    'https://app.example/cb?next=%2Fhome&x=..',
    'https://192.0.2.1/cb',
    'https://[2001:db8::1]/cb',
    `https://app.example/${'x'.repeat(492)}`,
    ...Object.values(IN_THE_FIELD).flat(),
  ])('may be %j', (uri) => {
    expect(() => checkRedirectUri('x', uri)).not.toThrow()
    expect([mayBeRegistered(uri), isRegistered(uri, [uri])]).toEqual([true, true])
  })

  it.each([
    '',
    'wrong',
    '/cb',
    '//app.example/cb',
    'app.example/cb',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    ' data:text/html,x',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://app.example/x',
    'file:///etc/passwd',
    'about:blank',
    'view-source:https://app.example',
    'http://app.example/cb',
    'http://127.0.0.2/cb',
    'http://127.0.0.1.nip.io/cb',
    'http://localhost.example/cb',
    'http://2130706433/cb',
    'ftp://app.example/cb',
    'http://localhost./cb',
    'http://127.1/cb',
    'http://0x7f000001/cb',
    'http://017700000001/cb',
    'http://[::ffff:127.0.0.1]/cb',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:080/cb',
    'http://127.0.0.1@evil.example/cb',
    'http://127.0.0.1%2eevil.example/cb',
    'myapp:cb',
    'myapp:cb:/x',
    'myapp:http://127.0.0.1/cb',
    'myapp://cb',
    'myapp://cb?x=1',
    'myapp:///cb',
    'myapp:////cb',
    'myapp://user@host/cb',
    'myapp://host:1/cb',
    'myapp://:1/cb',
    'myapp://[::1]/cb',
    'myapp://h%6fst/cb',
    'myapp://../cb',
    'myapp://a..b/cb',
    'myapp://host/../cb',
    'myapp:/.//host/cb',
    'myapp:/..;/cb',
    'MyApp:/cb',
    'my_app:/cb',
    'c:/windows/cb',
    '1app:/cb',
    'com.example.app://cb',
    'com.example.app:cb',
    'view-source:/cb',
    'chrome-extension://abcdefghijklmnop/cb',
    'moz-extension://0a1b/cb',
    'safari-web-extension://0a1b/cb',
    'ms-browser-extension://0a1b/cb',
    'ms-settings:/cb',
    'ms-word://x/cb',
    'microsoft-edge://app.example/cb',
    'x-safari-https://app.example/cb',
    'x-apple.systempreferences:/cb',
    'googlechromes://app.example/cb',
    'intent://app.example/cb',
    'filesystem:/cb',
    'ws://app.example/cb',
    'wss://app.example/cb',
    'web+app://host/cb',
    'https://app.example./cb',
    'https://app..example/cb',
    'https://.app.example/cb',
    'https://ex%61mple.com/cb',
    'https://2130706433/cb',
    'https://app.example:/cb',
    'https://app.example/%',
    'https://app.example/%zz',
    'https://app.example/%az',
    'https://app.example/cb%0d%0aX:1',
    'https://app.example/cb?x=%00',
    'myapp:/cb%7f',
    'https://app.example/..%2fcb',
    'https://app.example/a/%2e%2e%5ccb',
    'https://app.example/%2e%2e;x/cb',
    'https://app.example/cb\r\nX: 1',
    'https://app.example/cb#',
    'https://app.example/cb#f',
    'https://user@app.example/cb',
    'https://user:pw@app.example/cb',
    'http://user@127.0.0.1/cb',
    'https://app.example\\@evil.example/cb',
    'https://app.example/c b',
    'https://app.example/<cb>',
    'https://app.example/"',
    'https://bücher.example/cb',
    'https://app.example/ü',
    'https://app.example/a/../cb',
    'https://app.example/./cb',
    'https://app.example/%2e%2e/cb',
    'https://app.example/..;/cb',
    'https://app.example/a%2f..?x=1',
    'https://APP.example/cb',
    'https://app.example:443/cb',
    'HTTPS://app.example/cb',
    'https:/app.example/cb',
    'https://app.example/cb\n',
    'https://',
    'https://*.example/cb'.replace('*', ' '),
  ])('may not be %j (C21, H17, H19)', (uri) => {
    expect(() => checkRedirectUri('x', uri)).toThrow('"x" expected https')
    // What was registered before, and may not be any more, leads nowhere from then on.
    expect([mayBeRegistered(uri), isRegistered(uri, [uri])]).toEqual([false, false])
  })

  it.each([
    'https://app.example/cb?code=1',
    'https://app.example/cb?code[]=1',
    'https://app.example/cb?x=1&state[0]=1',
    'https://app.example/cb?+code=1',
    'https://app.example/cb?error.description=1',
    'https://app.example/cb?x=1&state=',
    'https://app.example/cb?iss=https://other.example',
    'http://127.0.0.1/cb?error=access_denied',
    'myapp://host/cb?error_description=x',
    'com.example.app:/cb?st%61te=x',
    'https://app.example/cb?response=x',
    'https://app.example/cb?error_uri=x',
  ])('has no parameter that an answer adds, for it would be there twice: %j (RFC 6749 §3.1, CVE-2026-9689)', (uri) => {
    expect(() => checkRedirectUri('x', uri)).toThrow('"x" expected a query without')
    expect([mayBeRegistered(uri), isRegistered(uri, [uri])]).toEqual([false, false])
  })

  it.each(['https://app.example/*', 'https://app.example/cb?x=*', 'https://*.example/cb', 'myapp:/*'])(
    'is written out: %j stands for no other',
    (uri) => {
      expect(() => checkRedirectUri('x', uri)).toThrow('"*"')
      expect([mayBeRegistered(uri), isRegistered(uri, [uri])]).toEqual([false, false])
    },
  )

  it('has at most 512 characters', () => {
    const uri = `https://app.example/${'x'.repeat(493)}`
    expect(() => checkRedirectUri('x', uri)).toThrow('"x" expected at most 512 characters')
    expect(isRegistered(uri, [uri])).toBe(false)
  })

  it('has none of a frozen list of schemes, in order, each once', () => {
    expect(Object.isFrozen(DENIED_SCHEMES)).toBe(true)
    expect(DENIED_SCHEMES).toEqual([...new Set(DENIED_SCHEMES)].sort())
    const never = 'javascript data file blob about vbscript view-source ws wss ftp filesystem intent http https'.split(
      ' ',
    )
    expect(never.filter((scheme) => !DENIED_SCHEMES.includes(scheme))).toEqual([])
    for (const denied of DENIED_SCHEMES) {
      const scheme = /[-.+]$/.test(denied) ? `${denied}x` : denied
      expect([scheme, isDeniedScheme(scheme), isDeniedScheme(scheme.toUpperCase())]).toEqual([scheme, true, true])
      for (const rest of [':/cb', '://host/cb', ':cb']) {
        // Of these two a host decides.
        if (!scheme.startsWith('http') || rest !== '://host/cb') expect(mayBeRegistered(scheme + rest)).toBe(false)
      }
    }
  })
})

describe('a redirect URI of a client that nobody has configured', () => {
  const place = { issuer: 'https://auth.example.com/tenant' }

  it.each(Object.entries(IN_THE_FIELD))('may be what %s sends', (_, uris) => {
    for (const uri of uris) expect(() => checkWalkInRedirectUri('x', uri, place)).not.toThrow()
  })

  it.each([
    ['an address', 'https://192.0.2.1/cb', 'expected https on a host with a name'],
    ['another address', 'https://198.51.100.255/cb', 'expected https on a host with a name'],
    ['an address in brackets', 'https://[2001:db8::1]:8443/cb', 'expected https on a host with a name'],
    ['an address in an odd form', 'https://0xc0.0.2.1/cb', 'expected https'],
    ['a number', 'https://3221225985/cb', 'expected https'],
    ["the person's own machine", 'https://localhost:3000/cb', 'expected https on a host with a name'],
    ["a name of the person's own machine", 'https://app.localhost/cb', 'expected https on a host with a name'],
    ["the issuer's host", 'https://auth.example.com/cb', "another host than the issuer's"],
    [
      "the issuer's host at another port",
      'https://auth.example.com:8443/tenant/login',
      "another host than the issuer's",
    ],
    ["the issuer's host with a dot", 'https://auth.example.com./cb', 'expected https'],
    ["the issuer's host in capitals", 'https://AUTH.example.com/cb', 'expected https'],
    ['what nobody may register', 'javascript:/cb', 'expected https'],
    ['plain http', 'http://app.example/cb', 'expected https'],
  ])('is not %s', (_, uri, message) => {
    expect(() => checkWalkInRedirectUri('x', uri, place)).toThrow(RangeError)
    expect(() => checkWalkInRedirectUri('x', uri, place)).toThrow(message)
  })

  it.each([
    'https://localhost.example/cb',
    'https://mylocalhost/cb',
    'https://a.1b.example/cb',
    'https://1.example/cb',
  ])('has any other name: %s', (uri) => expect(() => checkWalkInRedirectUri('x', uri, place)).not.toThrow())

  it('with https is on the hosts that are written out, where some are', () => {
    const at = (uri: string, redirectHosts: readonly string[]) => () =>
      checkWalkInRedirectUri('x', uri, { ...place, redirectHosts: new Set(redirectHosts) })
    expect(at('https://claude.ai/cb', ['chatgpt.com', 'claude.ai'])).not.toThrow()
    expect(at('https://claude.ai:8443/cb', ['claude.ai'])).not.toThrow()
    for (const host of ['www.claude.ai', 'claude.ai.example', 'xclaude.ai', 'evil.example'])
      expect(at(`https://${host}/cb`, ['claude.ai'])).toThrow('expected one of the hosts in "redirect_hosts"')
    expect(at('https://claude.ai/cb', [])).toThrow('redirect_hosts')
    expect(at('https://auth.example.com/cb', ['auth.example.com'])).toThrow("another host than the issuer's")
    // Apps on a device have no host: which of them may walk in is no question of hosts.
    for (const uri of ['http://127.0.0.1/cb', 'http://localhost:1/cb', CURSOR])
      expect(at(uri, ['claude.ai'])).not.toThrow()
  })
})

describe('a redirect URI that is presented', () => {
  it('is compared as a text: only the very same passes (RFC 3986 §6.2.1)', () => {
    expect(isRegistered(WEB, [WEB])).toBe(true)
  })

  it.each([
    'https://app.example/cb/',
    'https://app.example/CB',
    'https://app.example/cb?',
    'https://app.example/cb?x=1',
    'https://app.example/cb#',
    'https://app.example/cb#f',
    'https://app.example/cb/x',
    'https://app.example/c',
    'https://app.example/',
    'https://app.example/a/../cb',
    'https://app.example/./cb',
    'https://app.example//cb',
    'https://app.example/%63b',
    'https://app.example/..;/cb',
    'https://app.example/%2e/cb',
    'https://APP.example/cb',
    'HTTPS://app.example/cb',
    'https://app.example./cb',
    'https://app.example:443/cb',
    'https://app.example:8443/cb',
    'http://app.example/cb',
    'https://user@app.example/cb',
    'https://app.example@evil.example/cb',
    'https://app.example\\@evil.example/cb',
    'https://app.example.evil.example/cb',
    'https://evilapp.example/cb',
    'https://evil.example/https://app.example/cb',
    'https://app.example%2fcb',
    'https://evil.example',
    ' https://app.example/cb',
    'https://app.example/cb ',
    'https://app.example/cb\n',
    'https://app.example/cb\0',
    '//app.example/cb',
    '/cb',
    '',
    'javascript:alert(1)//https://app.example/cb',
  ])('is not %j (H17)', (uri) => {
    expect(isRegistered(uri, [WEB])).toBe(false)
  })

  it.each([
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51004/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:65535/cb',
    'http://[::1]:1/cb',
    'com.example.app:/cb',
  ])('may have any port on a loopback host: %j (RFC 8252 §7.3, H18)', (uri) =>
    expect(isRegistered(uri, NATIVE)).toBe(true),
  )

  it.each([
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:1a/cb',
    'http://127.0.0.1.nip.io/cb',
    'http://127.0.0.1:1/other',
    'http://127.0.0.1:1/cb/',
    'http://127.0.0.1:1/cb?x',
    'http://127.0.0.1:1/cb#',
    'http://127.0.0.1:1/CB',
    'https://127.0.0.1:1/cb',
    'http://user@127.0.0.1/cb',
    'http://127.0.0.1:1@evil.example/cb',
    'http://localhost:1/cb',
    'http://127.1:1/cb',
    'http://2130706433:1/cb',
    'http://0x7f000001/cb',
    'http://[::ffff:127.0.0.1]:1/cb',
    'http://127.0.0.1:1\\@evil.example/cb',
    'com.example.app://cb',
    'com.example.app:/cb/',
    'COM.example.app:/cb',
    'com.example.app:/cb:1',
    'cursor://anysphere.cursor-mcp:1/oauth/callback',
    'cursor://anysphere.cursor-mcp/oauth/callback/',
    'cursor:/oauth/callback',
  ])('but nothing else: %j (H18)', (uri) => {
    expect(isRegistered(uri, [...NATIVE, CURSOR])).toBe(false)
  })

  it('needs no port where one was registered', () => {
    expect(isRegistered('http://127.0.0.1/cb', ['http://127.0.0.1:33418/cb'])).toBe(true)
  })

  it('may be localhost only where that was registered (H18)', () => {
    expect(isRegistered('http://localhost:1/cb', ['http://localhost/cb'])).toBe(true)
    expect(isRegistered('http://127.0.0.1:1/cb', ['http://localhost/cb'])).toBe(false)
    expect(isRegistered('http://localhost:1', ['http://localhost:3000'])).toBe(true)
    expect(isRegistered('http://localhost:1/', ['http://localhost:3000'])).toBe(false)
  })
})

it('an app on a device is one without https', () => {
  expect(['http://127.0.0.1/cb', 'com.example.app:/cb', CURSOR, WEB].map(isOnDevice)).toEqual([true, true, true, false])
})

it.each([
  [WEB, 'https://app.example/cb?a=1+%26&b=2'],
  [`${WEB}?x=1`, 'https://app.example/cb?x=1&a=1+%26&b=2'],
  [`${WEB}?x&y`, 'https://app.example/cb?x&y&a=1+%26&b=2'],
  [`${WEB}?`, 'https://app.example/cb?a=1+%26&b=2'],
  [`${WEB}?x&`, 'https://app.example/cb?x&a=1+%26&b=2'],
  [`${WEB}??`, 'https://app.example/cb??&a=1+%26&b=2'],
  ['com.example.app:/cb', 'com.example.app:/cb?a=1+%26&b=2'],
  [CURSOR, `${CURSOR}?a=1+%26&b=2`],
])('parameters are added to the query of %j (RFC 6749 §3.1.2)', (uri, expected) => {
  expect(addParameters(uri, { a: '1 &', gone: undefined, b: '2' })).toBe(expected)
})

it.each([WEB, `${WEB}?`, CURSOR])('without parameters %j stays as it is', (uri) => {
  expect(addParameters(uri, {})).toBe(uri)
  expect(addParameters(uri, { gone: undefined })).toBe(uri)
})
