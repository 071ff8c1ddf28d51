import { afterEach, describe, expect, it } from 'vitest'
import { addressFrom, type Served, serve } from '../../src/node/index.ts'
import { testIssuer } from '../fixtures.ts'
import { askPort } from '../parties/serve_process.ts'

/** What Node's server hands over beside a request. */
const connectedBy = (remoteAddress: string | undefined) => ({ incoming: { socket: { remoteAddress } } })
const asked = (forwarded?: string): Request =>
  new Request('https://as.example/', { headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })

describe('the address of whoever asks', () => {
  it.each<
    [what: string, trustedProxies: readonly string[], connected: string, forwarded: string | undefined, address: string]
  >([
    [
      'who is connected, and no header is read where no proxy is written out',
      [],
      '203.0.113.9',
      '198.51.100.1',
      '203.0.113.9',
    ],
    ['who is connected, where that is no proxy of ours', ['10.0.0.1'], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    [
      'what the proxy saw last: what stands before it is the caller’s',
      ['10.0.0.1'],
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1',
      '198.51.100.1',
    ],
    [
      'what the outermost of several proxies saw',
      ['10.0.0.0/8'],
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.9.9.9',
      '198.51.100.1',
    ],
    ['the proxy, where it tells nothing', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
    ['the proxy, where it tells what is no address', ['10.0.0.1'], '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['IPv4, be it written as IPv6', ['127.0.0.1'], '::ffff:127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['IPv6, by networks too', ['fd00::/8'], 'fd12::1', '2001:db8::7', '2001:db8::7'],
    ['an address with a port', ['10.0.0.1'], '10.0.0.1', '198.51.100.1:5678', '198.51.100.1'],
    ['an address of IPv6 with a port', ['10.0.0.1'], '10.0.0.1', '[2001:db8::7]:5678', '2001:db8::7'],
    ['a neighbour of the network, where it is none of it', ['10.0.0.0/31'], '10.0.0.2', '198.51.100.1', '10.0.0.2'],
  ])('is %s', (_, trustedProxies, connected, forwarded, address) => {
    expect(addressFrom({ trustedProxies })(asked(forwarded), connectedBy(connected))).toBe(address)
  })

  it('is nobody’s where the runtime does not tell who is connected, whatever the caller writes', () => {
    const addressOf = addressFrom({ trustedProxies: ['0.0.0.0/1', '128.0.0.0/1'] })
    for (const env of [undefined, {}, connectedBy(undefined)])
      expect(addressOf(asked('198.51.100.1'), env)).toBeUndefined()
  })

  it.each(['', 'localhost', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', '::/129', '10.0.0', '*'])(
    'is not told by a proxy that is none: %j',
    (proxy) => {
      expect(() => addressFrom({ trustedProxies: [proxy] })).toThrow(RangeError)
    },
  )
})

describe('in Node’s own server', () => {
  const running: Served[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((served) => served.close()))
  })

  // promise: O12
  it('is who is connected, until the proxy is written out (H65)', async () => {
    const addresses: unknown[] = []
    for (const trustedProxies of [[], ['127.0.0.1']]) {
      const addressOf = addressFrom({ trustedProxies })
      const issuer = testIssuer({
        issuer: 'http://127.0.0.1:1',
        credentials: (request, env) => {
          addresses.push(addressOf(request, env))
          return {}
        },
      })
      const served = await serve({ issuer: () => issuer, port: 0, host: '127.0.0.1' })
      running.push(served)
      const headers = { host: '127.0.0.1:1', 'x-forwarded-for': '198.51.100.1' }
      await askPort(served.port, '/token', { headers, form: { grant_type: 'client_credentials' } })
    }
    expect(addresses).toEqual(['127.0.0.1', '198.51.100.1'])
  })
})
