import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeyring, createRing, type Ring, writeRing } from '../../keys/index.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { testKey, testRing } from '../fixtures.ts'

const now = Math.floor(Date.now() / 1000)
const ring = testRing(now)
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Asks the doctor about an issuer that tells this list. */
async function doctor(
  claims: Readonly<Record<string, unknown>> | undefined,
  signedBy: Ring = ring,
  options: readonly string[] = [],
): Promise<Ended> {
  let body: string | undefined
  const server = createServer((_, response) => {
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/jwt' }).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signer = createKeyring(signedBy, issuer).signingKeys.signing('ES256', now)
  if (signer === undefined) throw new Error('no key')
  const iat = Math.floor(Date.now() / 1000)
  const whole = { iss: issuer, iat, exp: iat + 3600, seq: 1, salt: 's', events: {}, ...claims }
  if (claims !== undefined) body = await signClaims(whole, 'revocations+jwt', signer)
  const command = ['keys', 'doctor', '--ring', '-', '--issuer', issuer, ...options]
  return run('node', [join(ROOT, 'src/cli/bulla.ts'), ...command], { input: writeRing(ring) })
}

describe('the doctor, asked about the list of revocations', () => {
  it('says since when it is there, and what that means when it is younger than what was issued', async () => {
    const young = await doctor({ epoch: (now - 3600) * 1000, events: { sub: { a: 1, b: 2 } } })
    expect([young.code, young.out]).toEqual([0, ''])
    expect(young.err).toMatch(/is there since 20\d\d-[-\dT:]+Z, and has 2 events/)
    expect(young.err).toMatch(/if there was one before, what it revoked counts again until 20\d\d-[-\dT:]+Z/)
    const old = await doctor({ epoch: (now - 3600) * 1000 }, ring, ['--longest-life', '3000'])
    expect([old.code, old.err.includes('counts again')]).toEqual([0, false])
  })

  it.each<[string, Readonly<Record<string, unknown>> | undefined, RegExp]>([
    ['of 0.1.0', {}, /does not say since when/],
    ['that is not there', undefined, /REVOCATIONS is not bound/],
  ])('says what is to be known of one %s', async (_, claims, words) => {
    expect(await doctor(claims)).toMatchObject({ code: 0, out: '', err: expect.stringMatching(words) })
  })

  it.each<[string, Readonly<Record<string, unknown>>, Ring, RegExp]>([
    ['that another ring signed', {}, createRing({ now, key: testKey(7) }), /not one that this ring signed/],
    ['of another issuer', { iss: 'https://evil.example' }, ring, /not one that this ring signed/],
    ['that is old', { iat: now - 3600 }, ring, /is dated/],
    [
      'that is half full',
      { events: { jti: Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`${index}`, 1])) } },
      ring,
      /has 40000 of 80000 events/,
    ],
  ])('names what is wrong with one %s, and exits with 1', async (_, claims, signedBy, words) => {
    expect(await doctor(claims, signedBy)).toMatchObject({ code: 1, out: expect.stringMatching(words) })
  })

  it('is not asked to send anything elsewhere than to an https URL, or this machine', async () => {
    const options = ['keys', 'doctor', '--ring', '-', '--issuer', 'http://auth.example.com']
    const ended = await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...options], { input: writeRing(ring) })
    expect(ended.code).toBe(2)
  })
})
