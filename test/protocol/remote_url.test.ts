import { describe, expect, it } from 'vitest'
import { checkRemoteUrl, isStrangersUrl, privateHostOf } from '../../src/protocol/remote_url.ts'
import { createPublicFetch } from '../../src/remote/public/public_fetch.ts'

/** URLs that nothing is fetched from, whoever asks. */
const REFUSED = [
  // Another scheme, or none.
  'http://client.example/app.json',
  'ftp://client.example/app.json',
  'xhttps://client.example/app.json',
  'HTTPS://client.example/app.json',
  'client.example/app.json',
  '//client.example/app.json',
  '',
  // Not as a URL parser leaves it.
  'https://Client.example/app.json',
  'https://client.example:443/app.json',
  'https://client.example/a/../app.json',
  'https://client.example/./app.json',
  'https://client.example/%2e%2e/app.json',
  'https://client.example/a/%2E/app.json',
  'https://client.example\\app.json',
  'https://client.example/a\\b',
  'https://client.example/a b',
  'https://client.example/ä',
  'https://clïent.example/app.json',
  'https:///client.example/app.json',
  ' https://client.example/app.json',
  'https://client.example/app.json\n',
  'https://client.example/app\t.json',
  // Without a path, or with more than one.
  'https://client.example',
  'https://client.example/',
  'https://client.example/app.json?v=1',
  'https://client.example/app.json?',
  'https://client.example/app.json#a',
  'https://client.example/app.json#',
  'https://user@client.example/app.json',
  'https://user:password@client.example/app.json',
  'https://@client.example/app.json',
  'https://client.example@127.0.0.1/app.json',
  // Another port.
  'https://client.example:8443/app.json',
  'https://client.example:80/app.json',
  'https://client.example:22/app.json',
  // Addresses, however they are written.
  'https://8.8.8.8/app.json',
  'https://10.0.0.1/app.json',
  'https://169.254.169.254/latest/meta-data',
  'https://0x7f000001/app.json',
  'https://2130706433/app.json',
  'https://127.1/app.json',
  'https://0/app.json',
  'https://0177.0.0.1/app.json',
  'https://[2606:4700::1111]/app.json',
  'https://[::ffff:127.0.0.1]/app.json',
  'https://[::ffff:7f00:1]/app.json',
  'https://[fd00:ec2::254]/app.json',
  'https://[fe80::1]/app.json',
  // Names that lead to nobody else.
  'https://localhost./app.json',
  'https://app.localhost/app.json',
  'https://printer.local/app.json',
  'https://metadata.google.internal/app.json',
  'https://router.home.arpa/app.json',
  'https://intranet/app.json',
  'https://com/app.json',
  'https://client.example./app.json',
  'https://*.example/app.json',
  'https://client%2eexample/app.json',
  'https://127.0.0.1.:443/app.json',
]

/** What is on this very machine. */
const LOOPBACK = [
  'https://localhost/app.json',
  'https://localhost:8443/app.json',
  'https://127.0.0.1:8443/app.json',
  'https://[::1]:8443/app.json',
]

describe('a URL that a stranger named', () => {
  // promise: J05
  it.each(REFUSED)('is nothing to fetch from, for an issuer in development too: %j', (url) => {
    expect([isStrangersUrl(url, false), isStrangersUrl(url, true)]).toEqual([false, false])
  })

  it.each(LOOPBACK)('is something to fetch from on this very machine in development alone: %s', (url) => {
    expect([isStrangersUrl(url, false), isStrangersUrl(url, true)]).toEqual([false, true])
  })

  it.each([
    'https://client.example/app.json',
    'https://a.b.client.example/a/b/c',
    'https://xn--clent-6va.example/app.json',
    'https://client.example/a//b;c=d/%41/~e!$&()*+,=:@',
    'https://127.0.0.1.nip.io/app.json',
  ])('is something to fetch from: %s', (url) => {
    expect([isStrangersUrl(url, false), isStrangersUrl(url, true)]).toEqual([true, true])
  })
})

describe('a URL that the operator named', () => {
  const check =
    (url: unknown, isLoopbackAllowed = false, privateHost?: string) =>
    () =>
      checkRemoteUrl('jwksUri', url, isLoopbackAllowed, privateHost)

  it.each([
    'https://idp.example',
    'https://idp.example/keys?tenant=1',
    'https://idp.example2/keys',
    'https://idp.example:8443/keys',
    'https://IDP.example/keys',
    'https://a.localhost.example/keys',
    'https://local.example/keys',
  ])('is something to fetch from: %s', (url) => {
    expect(check(url)).not.toThrow()
    expect(check(url, true)).not.toThrow()
  })

  it.each([
    undefined,
    null,
    7,
    new URL('https://idp.example'),
    '',
    'idp.example',
    '//idp.example',
    'https://',
    'http://idp.example/keys',
    'ftp://idp.example/keys',
    'ws://localhost/keys',
    'file:///keys',
    'data:application/json,{}',
    'javascript:alert(1)//localhost',
    'ftp://localhost/keys',
    'xhttps://localhost/keys',
    'https-x://localhost/keys',
    'https://user@idp.example/keys',
    'https://user:password@idp.example/keys',
    'https://:password@idp.example/keys',
    'https://idp.example/keys#a',
    'https://user@localhost/keys',
    'https://*.example/keys',
    'https://8.8.8.8/keys',
    'https://169.254.169.254/latest/meta-data',
    'https://0x7f000001.example.internal/',
    'https://[2606:4700::1111]/keys',
    'https://app.localhost/keys',
    'https://printer.local/keys',
    'https://metadata.google.internal/keys',
    'https://router.home.arpa/keys',
    'https://intranet/keys',
    'https://idp.example./keys',
  ])('is nothing to fetch from: %s', (url) => {
    expect(check(url)).toThrow(RangeError)
    expect(check(url, true)).toThrow(RangeError)
    expect(check(url, true, 'other.internal')).toThrow(RangeError)
  })

  it.each(['http://localhost:8080/keys', 'https://localhost/keys', 'http://127.0.0.1/keys', 'https://[::1]:1/keys'])(
    'is on this very machine in development alone: %s',
    (url) => {
      expect(check(url)).toThrow('jwksUri')
      expect(check(url, true)).not.toThrow()
    },
  )

  it.each(['idp.internal', 'idp', '10.0.0.1', '[fd00::1]'])(
    'may have a host that is the operator’s own: %s',
    (host) => {
      expect(check(`https://${host}/keys`, false, host)).not.toThrow()
      expect(check(`https://${host}:8443/keys`, false, host)).not.toThrow()
      expect(check(`http://${host}/keys`, false, host)).toThrow(RangeError)
      expect(check(`https://user@${host}/keys`, false, host)).toThrow(RangeError)
      expect(check(`https://x${host}/keys`, false, host)).toThrow(RangeError)
    },
  )

  it('has such a host where the operator says so', () => {
    expect(privateHostOf('https://idp.internal:8443/keys', true)).toBe('idp.internal')
    for (const isAllowed of [false, undefined, 'true', 1])
      expect(privateHostOf('https://idp.internal/keys', isAllowed)).toBeUndefined()
    for (const url of [undefined, 7, 'wrong', '']) expect(privateHostOf(url, true)).toBeUndefined()
    const url = new URL('https://idp.internal')
    expect(privateHostOf(url, true)).toBeUndefined()
  })
})

describe('the fetch for URLs that strangers name', () => {
  it('asks nobody, not even by the operator’s own, for what is no public name', async () => {
    const asked: string[] = []
    const fetch = createPublicFetch(false, async (url) => {
      asked.push(url)
      return Response.json({})
    })
    for (const url of [...REFUSED, ...LOOPBACK]) {
      await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'NO_PUBLIC_NAME' } })
    }
    expect(asked).toEqual([])
    expect((await fetch('https://client.example/app.json')).status).toBe(200)
  })
})
