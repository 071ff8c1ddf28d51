import { describe, expect, it } from 'vitest'
import { createRing, loadRing, rotateRing, writeRing } from '../../keys/index.ts'
import { completeVars } from '../../src/cli/dev_vars.ts'
import { readVariable } from '../../src/cli/dotenv_file.ts'
import { readRegistrationKeys } from '../../src/registration/walk_in/walk_in_registration.ts'
import { NOW, testKey, testRing } from '../fixtures.ts'
import { RING_RSA, RING_RSA_2 } from '../parties/partner.ts'

const io = { now: NOW, random: () => testKey(7), makeRsaKey: () => RING_RSA, makePartnerKey: () => ({ kty: 'EC' }) }
const REST =
  '# mine\r\nexport DEVELOPMENT = true # on\r\nPARTNER_KEY=\'{}\'\r\nREGISTRATION_KEYS=mine\r\nOTHER="a\\nb"\r\n'

/** Returns the ring of a text, as the issuer loads it. */
function ringOf(text: string) {
  const loaded = loadRing({ ring: readVariable(text, 'KEY_RING') }, { now: NOW })
  if (!loaded.ok) throw new Error(loaded.detail)
  return loaded
}

describe('the variables of development', () => {
  it('are made where there are none: a ring whose RSA key signs at once among them', () => {
    const { text, written } = completeVars('', io)
    expect(written).toEqual(['DEVELOPMENT', 'PARTNER_KEY', 'REGISTRATION_KEYS', 'KEY_RING'])
    expect(readRegistrationKeys('REGISTRATION_KEYS', readVariable(text, 'REGISTRATION_KEYS'))).toHaveLength(1)
    const { ring, findings } = ringOf(text)
    expect([ring.rsa?.map(({ use }) => use), findings]).toEqual([[NOW], []])
    expect(completeVars(text, io)).toEqual({ text, written: [] })
  })

  it('of before, without a key by which clients register, get one, and nothing else', () => {
    const { text: whole } = completeVars('', io)
    const before = whole.replace(/^REGISTRATION_KEYS=.*\n/m, '')
    const { text, written } = completeVars(before, io)
    expect([written, text.startsWith(before)]).toEqual([['REGISTRATION_KEYS'], true])
    expect(readVariable(text, 'REGISTRATION_KEYS')).toMatch(/^[\w-]{43}$/)
  })

  it('get an RSA key that signs at once into the ring that they have, and all else stays, byte for byte', () => {
    const old = writeRing(testRing(NOW - 86_400))
    const before = `${REST}KEY_RING='${old}'\r\n# the end`
    const { text, written } = completeVars(before, io)
    expect(written).toEqual(['an RSA key (KEY_RING)'])
    const { ring, findings } = ringOf(text)
    expect([ring.rsa?.map(({ pub, use }) => [pub, use]), findings]).toEqual([[[NOW, NOW]], []])
    const { rsa: _, ...others } = ring
    expect(writeRing(others)).toBe(old)
    expect(text.replace(readVariable(text, 'KEY_RING') ?? '', old)).toBe(before)
    expect(completeVars(text, io)).toEqual({ text, written: [] })
  })

  it('get one though a root is staged, and beside one that was revoked', () => {
    const rotated = rotateRing(testRing(NOW - 86_400), { now: NOW, key: testKey(8) })
    if (!rotated.ok) throw new Error(rotated.detail)
    expect(ringOf(completeVars(`${REST}KEY_RING='${writeRing(rotated.ring)}'`, io).text).ring).toMatchObject({
      roots: [{}, {}],
      rsa: [{ use: NOW }],
    })
    const first = createRing({ now: NOW - 9, key: testKey(), rsaKey: RING_RSA })
    const revoked = { ...first, revoked: (first.rsa ?? []).map(({ kid }) => kid) }
    expect(
      completeVars(`${REST}KEY_RING='${writeRing(revoked)}'`, { ...io, makeRsaKey: () => RING_RSA_2 }).written,
    ).toEqual(['an RSA key (KEY_RING)'])
  })

  it('get none where the ring that comes next brings one', () => {
    const ring = testRing(NOW - 86_400)
    const next = rotateRing(ring, { now: NOW, key: testKey(8), rsaKey: RING_RSA })
    if (!next.ok) throw new Error(next.detail)
    const before = `${REST}KEY_RING='${writeRing(ring)}'\nKEY_RING_NEXT='${writeRing(next.ring)}'\n`
    expect(completeVars(before, io)).toEqual({ text: before, written: [] })
  })

  it.each(['', 'no ring', '{"v":2}'])('stay as they are where the ring is %j: nothing is lost by us', (ring) => {
    const before = `${REST}KEY_RING='${ring}'\n`
    expect(completeVars(before, io)).toEqual({ text: before, written: [] })
  })
})
