import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { API, PARTNER } from '../fixtures.ts'
import { all, askAtOnce, createDistantIssuer, down, slow } from '../parties/distant_issuer.ts'

const DAY = 86_400
/** Keeps the worker awake, so that nothing waits for what is fetched beside a request. */
const waitUntil = (): void => {}
/** Lets what was begun beside a request come to its end. */
const settle = (milliseconds = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe.each([
  ['which is kept awake', { waitUntil }],
  ['as it comes', {}],
])('a verifier %s', (_, awake) => {
  // promise: P16
  it('that knows nothing yet answers sixty at once, all of them right, and asks once for each thing', async () => {
    const { verifier, mint, asked } = createDistantIssuer()
    expect(await askAtOnce(verifier('leaves', awake), await mint(), 60)).toEqual(all(60, 'ok'))
    expect(asked.toSorted()).toEqual(['/jwks', '/keys', '/revocations'])
  })

  it.each([25, 65, 3 * DAY])('refuses a revoked token to six at once after %i seconds of quiet', async (quiet) => {
    const { verifier, mint, revoke, wait } = createDistantIssuer()
    const server = verifier('leaves', awake)
    expect(await askAtOnce(server, await mint(), 1)).toEqual(['ok'])
    wait(quiet)
    const [token, good] = [await mint(), await mint()]
    await revoke(token)
    wait(3)
    expect(await askAtOnce(server, token, 6)).toEqual(all(6, 'revoked'))
    expect(await askAtOnce(server, good, 6)).toEqual(all(6, 'ok'))
  })

  it.each([25, 65, 3600, 3 * DAY])(
    'lets six at once in after %i seconds of quiet, by leaves and by public keys',
    async (quiet) => {
      const { verifier, mint, wait, asked } = createDistantIssuer()
      const servers = [
        { server: verifier('leaves', awake), resource: API },
        { server: verifier('public keys', awake), resource: PARTNER },
      ]
      for (const { server, resource } of servers) await server.verify(await mint(resource))
      wait(quiet)
      for (const { server, resource } of servers) {
        const before = asked.length
        expect(await askAtOnce(server, await mint(resource), 6)).toEqual(all(6, 'ok'))
        const since = asked.slice(before)
        expect(new Set(since).size).toBe(since.length)
      }
    },
  )

  it.each([
    ['leaves', API],
    ['public keys', PARTNER],
  ] as const)('that meets a new key answers ten at once by newer %s, all of them right', async (of, resource) => {
    const { verifier, mint, wait, replaceRoot, asked } = createDistantIssuer()
    const server = verifier(of, awake)
    await askAtOnce(server, await mint(resource), 1)
    wait(31)
    replaceRoot()
    const token = await mint(resource)
    const before = asked.length
    expect(await askAtOnce(server, token, 10)).toEqual(all(10, 'ok'))
    expect(asked.slice(before).filter((path) => path === (of === 'leaves' ? '/keys' : '/jwks'))).toHaveLength(1)
  })

  it('asks once for a thousand keys that nobody has, and whoever comes meanwhile with a new one is let in', async () => {
    const { verifier, mint, wait, replaceRoot, asked } = createDistantIssuer()
    const server = verifier('leaves', awake)
    await askAtOnce(server, await mint(), 1)
    wait(31)
    replaceRoot()
    const token = await mint()
    const [, ...rest] = token.split('.')
    const junk = Array.from({ length: 1000 }, (_, index) => {
      const header = JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: `r${index + 100}.20833`, typ: 'at+jwe' })
      return [encodeBase64url(new TextEncoder().encode(header)), ...rest].join('.')
    })
    const before = asked.filter((path) => path === '/keys').length
    const results = await Promise.all([...junk, token].map((one) => server.verify(one)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    expect(results.at(-1)?.ok).toBe(true)
    for (const one of junk.slice(0, 20)) await server.verify(one)
    expect(asked.filter((path) => path === '/keys').length - before).toBe(1)
  })

  it('does not wait at each request for an issuer that is down', async () => {
    const { verifier, mint, wait, setNetwork, asked } = createDistantIssuer()
    const server = verifier('leaves', awake)
    const token = await mint()
    await askAtOnce(server, token, 1)
    wait(25)
    setNetwork(down)
    const before = asked.length
    expect(await askAtOnce(server, token, 6)).toEqual(all(6, 'ok'))
    for (let request = 0; request < 20; request++) expect(await askAtOnce(server, token, 1)).toEqual(['ok'])
    expect(asked.slice(before)).toEqual(['/revocations'])
    setNetwork(slow(5))
    wait(5)
    await askAtOnce(server, token, 1)
    expect(asked.slice(before)).toEqual(['/revocations', '/revocations'])
  })
})

it('a list that comes slowly lets nobody in by the one before: what is known is never older than `every`', async () => {
  const { verifier, mint, revoke, wait, setNetwork } = createDistantIssuer()
  const server = verifier('leaves', { waitUntil })
  const token = await mint()
  expect(await askAtOnce(server, token, 1)).toEqual(['ok'])
  await revoke(token)
  wait(7)
  setNetwork(slow(600))
  // What is known is seven seconds old: newer is asked for beside the request.
  expect(await askAtOnce(server, token, 1)).toEqual(['ok'])
  wait(3)
  expect(await askAtOnce(server, token, 6)).toEqual(all(6, 'revoked'))
})

it('a new root is known after a long quiet, and what a revoked one made is refused to all who come at once', async () => {
  const { verifier, mint, wait, replaceRoot } = createDistantIssuer()
  const server = verifier('leaves', { waitUntil, longestLife: DAY })
  await askAtOnce(server, await mint(), 1)
  wait(3600)
  const stolen = await mint()
  replaceRoot()
  expect(await askAtOnce(server, stolen, 6)).toEqual(all(6, 'key'))
  await settle()
  expect(await askAtOnce(server, await mint(), 6)).toEqual(all(6, 'ok'))
})
