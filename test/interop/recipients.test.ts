import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { LogEntry } from '../../src/index.ts'
import { readResource } from '../../src/registration/resource_registration.ts'
import { createRecipients } from '../../src/remote/resource_keys.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { createSealer, PARTNER_KEYS, publicOf } from '../parties/partner.ts'
import { API, ENTITLEMENT, ISSUER, NOW } from '../ring.ts'

const KEYS = { keys: [publicOf(PARTNER_KEYS['P-256'])] }
const JSON_TYPE = { 'content-type': 'application/jwk-set+json' }
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Starts a server that answers at /jwks as it is told, and lays traps everywhere else. */
async function startServer(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (request.url === '/jwks') answer(response, request)
    else response.writeHead(200, JSON_TYPE).end(JSON.stringify(KEYS))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  stops.push(stop)
  return { seen, stop, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** An issuer's view of a partner at an origin. */
function view(origin: string) {
  const lines: LogEntry[] = []
  const members = { scopes: ['read'], envelope: 'nested', jwks_uri: `${origin}/jwks` }
  const resource = readResource('https://partner.example', members, true)
  const recipients = createRecipients(
    (url, init) => fetch(url, init),
    (entry) => lines.push(entry),
  )
  return { lines, find: async (now = NOW) => (await recipients.find(resource, now))?.kid }
}

// promise: J08
it('takes the keys of a partner over HTTP, asked for once by a thousand at once (J08)', async () => {
  const { origin, seen } = await startServer((response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(KEYS)))
  const { find } = view(origin)
  const found = await Promise.all(Array.from({ length: 1000 }, () => find()))
  expect(new Set(found)).toEqual(new Set(['partner-ec']))
  expect(seen).toEqual(['GET /jwks'])
})

// promise: J01
it('gives up on a partner that drips, body time included (J01)', async () => {
  const closed: Promise<void>[] = []
  const { origin } = await startServer((response) => {
    response.writeHead(200, JSON_TYPE).write('{')
    const timer = setInterval(() => response.write(' '), 100)
    closed.push(
      new Promise((resolve) =>
        response.on('close', () => {
          clearInterval(timer)
          resolve()
        }),
      ),
    )
  })
  const { find, lines } = view(origin)
  expect(await find()).toBeUndefined()
  expect(lines).toMatchObject([{ detail: 'keys of a resource: no answer in 2500 ms' }])
  // The connection is not left open either.
  await Promise.all(closed)
})

it('finds nothing where nobody listens, and keys five seconds after somebody does (J02)', async () => {
  let answers = false
  const { origin } = await startServer((response) => {
    if (answers) response.writeHead(200, JSON_TYPE).end(JSON.stringify(KEYS))
    else response.destroy()
  })
  const { find } = view(origin)
  expect(await find()).toBeUndefined()
  answers = true
  expect(await find(NOW + 4)).toBeUndefined()
  expect(await find(NOW + 5)).toBe('partner-ec')
  const gone = await startServer(() => {})
  await gone.stop()
  expect(await view(gone.origin).find()).toBeUndefined()
})

// promise: J03
it('cuts off an answer without end (J03)', async () => {
  let written = 0
  const done: Promise<void>[] = []
  const { origin } = await startServer((response) => {
    const part = Buffer.alloc(16_384, 0x20)
    response.writeHead(200, JSON_TYPE)
    const more = (): void => {
      while (!response.destroyed && written < 200_000_000) {
        written += part.length
        if (!response.write(part)) return
      }
    }
    response.on('drain', more)
    done.push(new Promise((resolve) => response.on('close', () => resolve())))
    more()
  })
  expect(await view(origin).find()).toBeUndefined()
  await Promise.all(done)
  expect(written).toBeLessThan(20_000_000)
})

// promise: J04
it.each([301, 302, 303, 307, 308])('follows no redirect: %i (J04)', async (status) => {
  const { origin, seen } = await startServer((response) => {
    response.writeHead(status, { ...JSON_TYPE, location: '/internal' }).end(JSON.stringify(KEYS))
  })
  const { find, lines } = view(origin)
  expect(await find()).toBeUndefined()
  expect(seen).toEqual(['GET /jwks'])
  expect(lines).toMatchObject([{ detail: `keys of a resource: a redirect, which is not followed (status ${status})` }])
})

// promise: J07
it('does not take what a bomb of gzip unpacks to (J07)', async () => {
  const { gzipSync } = await import('node:zlib')
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20))
  const { origin } = await startServer((response) =>
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb),
  )
  const { find, lines } = view(origin)
  expect(await find()).toBeUndefined()
  expect(lines).toMatchObject([{ detail: 'keys of a resource: too long' }])
})

it('a verifier takes the keys of its issuer over HTTP; what is no JWK Set does not replace them', async () => {
  const sealer = createSealer()
  let told: unknown = await sealer.jwks()
  const { origin, seen } = await startServer((response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(told)))
  let now = NOW
  const options = { issuer: ISSUER, resource: API, decryptionKeys: { keys: [PARTNER_KEYS['P-256']] } }
  const make = () => createVerifier({ ...options, jwksUri: `${origin}/jwks`, now: () => now })
  const token = await sealer.seal('P-256', 'A256GCM', 'ES256', { ...ENTITLEMENT, exp: NOW + 3600 })
  const verifier = make()
  expect((await verifier.verify(token)).ok).toBe(true)
  const { keys } = told as { keys: readonly object[] }
  for (const bad of [{}, { keys: {} }, { keys: [...keys, ...keys] }]) {
    told = bad
    now += 301
    const before = seen.length
    // The first asks beside itself; the others find what came.
    await verifier.verify(token)
    await expect.poll(() => seen.length).toBeGreaterThan(before)
    expect((await verifier.verify(token)).ok).toBe(true)
    // Who has never had any can tell nothing: 503, and not the 401 of a bad token.
    expect(await make().verify(token)).toMatchObject({ ok: false, code: 'temporarily_unavailable' })
  }
})
