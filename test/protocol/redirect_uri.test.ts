import { describe, expect, it } from 'vitest'
import { addParameters, checkRedirectUri, isOnDevice, isRegistered } from '../../src/protocol/redirect_uri.ts'

const WEB = 'https://app.example/cb'
const NATIVE = ['http://127.0.0.1/cb', 'http://[::1]/cb', 'com.example.app:/cb']

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
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8080/cb',
    'http://[::1]/cb',
    'http://localhost/cb',
    'http://localhost:3000',
    'com.example.app:/cb',
    'com.example.app:/',
    'org.example.a-b+c:/x?y=1',
  ])('may be %j', (uri) => {
    expect(() => checkRedirectUri('x', uri)).not.toThrow()
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
    'myapp:/cb',
    'myapp://cb',
    'com.example.app://cb',
    'com.example.app:cb',
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
    'https://APP.example/cb',
    'https://app.example:443/cb',
    'HTTPS://app.example/cb',
    'https:/app.example/cb',
    'https://app.example/cb\n',
    'https://',
    'https://*.example/cb'.replace('*', ' '),
  ])('may not be %j (C21, H17, H19)', (uri) => {
    expect(() => checkRedirectUri('x', uri)).toThrow('"x" expected https')
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
  ])('but nothing else: %j (H18)', (uri) => {
    expect(isRegistered(uri, NATIVE)).toBe(false)
  })

  it('may be localhost only where that was registered (H18)', () => {
    expect(isRegistered('http://localhost:1/cb', ['http://localhost/cb'])).toBe(true)
    expect(isRegistered('http://127.0.0.1:1/cb', ['http://localhost/cb'])).toBe(false)
  })
})

it('an app on a device is one without https', () => {
  expect(['http://127.0.0.1/cb', 'com.example.app:/cb', WEB].map(isOnDevice)).toEqual([true, true, false])
})

it.each([
  [WEB, 'https://app.example/cb?a=1+%26&b=2'],
  [`${WEB}?x=1`, 'https://app.example/cb?x=1&a=1+%26&b=2'],
  [`${WEB}?`, 'https://app.example/cb?a=1+%26&b=2'],
  ['com.example.app:/cb', 'com.example.app:/cb?a=1+%26&b=2'],
])('parameters are added to the query of %j (RFC 6749 §3.1.2)', (uri, expected) => {
  expect(addParameters(uri, { a: '1 &', gone: undefined, b: '2' })).toBe(expected)
})
