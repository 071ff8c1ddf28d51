import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { atHomeOf, createHomes, homeIn, homeOf, REGION } from '../../src/token/home.ts'
import { createPurposeEnvelopes, type PurposeLives } from '../../src/token/purpose.ts'
import { ISSUER, NOW, testRing } from '../fixtures.ts'

const NAME = 'AAAAAAAAAAAAAAAAAAAAAA'
const LONG = 'A'.repeat(43)

describe('a name', () => {
  it.each([
    [`0.${NAME}`, '0', undefined, 0],
    [`17.${LONG}`, '17', undefined, 17],
    [`4096.${NAME}`, '4096', undefined, 4096],
    [`eu-3.${NAME}`, 'eu-3', 'eu', 3],
    [`abcdefgh-4095.${NAME}`, 'abcdefgh-4095', 'abcdefgh', 4095],
  ])('such as %s says its home', (name, text, region, number) => {
    expect(homeOf(name)).toEqual({ text, region, number })
    expect(atHomeOf(name, LONG)).toBe(`${text}.${LONG}`)
  })

  it.each([
    NAME,
    LONG,
    '',
    `.${NAME}`,
    `01.${NAME}`,
    `-1.${NAME}`,
    `10000.${NAME}`,
    `EU-1.${NAME}`,
    `eu.${NAME}`,
    `eu-.${NAME}`,
    `abcdefghi-1.${NAME}`,
    `eu-eu-1.${NAME}`,
    `1.${NAME.slice(1)}`,
    `1.${LONG}A`,
    `1.1.${NAME}`,
    `1.${NAME} `,
    `1 .${NAME}`,
    `1.${NAME.slice(1)}é`,
    'https://as.example 1.2',
  ])('such as %j says none', (name) => {
    expect(homeOf(name)).toBeUndefined()
    expect(atHomeOf(name, NAME)).toBe(NAME)
  })

  it('says it behind the word of what it is asked for, and nowhere else', () => {
    expect(homeIn(`code eu-3.${NAME}`)).toMatchObject({ text: 'eu-3' })
    for (const id of [`eu-code 3.${NAME}`, `codes 3.${NAME}`, `other 3.${NAME}`]) expect(homeIn(id)).toBeUndefined()
  })

  it('of a region is 1 to 8 small letters', () => {
    const names = ['a', 'abcdefgh', '', 'abcdefghi', 'A', 'a1', 'a b', '1']
    expect(names.filter((name) => REGION.test(name))).toEqual(['a', 'abcdefgh'])
  })

  it('is ours without a home, or with one that there is, and no other', () => {
    const names = ['0', '3', '4', '4095', '4096', 'eu-3', 'eu-4', 'oc-0', 'construc-0'].map((at) => `${at}.${NAME}`)
    const oursIn = (...of: Parameters<typeof createHomes>) =>
      names.filter(createHomes(...of).isOurs).map((name) => name.slice(0, -23))
    expect(oursIn()).toEqual(['0', '3', '4', '4095'])
    expect(oursIn(4)).toEqual(['0', '3'])
    expect(oursIn(4, ['eu'])).toEqual(['0', '3', 'eu-3'])
    expect(oursIn(undefined, ['oc'])).toEqual(['0', '3', '4', '4095', 'oc-0'])
    for (const name of [NAME, 'a.b', '', undefined, 7]) expect(createHomes(1).isOurs(name)).toBe(true)
    // The guard takes each of these to the home of the grant: whoever makes up such a `gid` would ask there.
    for (const kind of ['code', 'logout', 'provider'])
      expect([kind, createHomes(4).isOurs(`${kind} eu-3.${NAME}`), createHomes(4).isOurs(`${kind} 4.${NAME}`)]).toEqual(
        [kind, false, false],
      )
  })
})

describe('an envelope of what has a home', () => {
  const keyring = createKeyring(testRing(NOW), ISSUER)
  const lives = { code: 60, session: 60, device: 60 } as PurposeLives
  const sealed = createPurposeEnvelopes(keyring, lives, NOW)
  const until = { iat: NOW, exp: NOW + 60 }
  const places = [
    { jti: `17.${NAME}` },
    { jti: NAME, gid: `17.${NAME}` },
    { jti: NAME, sid: `17.${LONG}` },
    { jti: NAME, approval: { gid: `17.${NAME}` } },
    { jti: NAME, approval: { sid: `17.${LONG}` } },
  ]

  it.each(places)('opens to the facts that were sealed: %j', async (names) => {
    const facts = { ...names, ...until, name: 'Alice' }
    for (const purpose of ['code', 'session'] as const)
      expect(await sealed.open(purpose, await sealed.seal(purpose, facts))).toEqual(facts)
    expect(await sealed.openLate('device', await sealed.seal('device', facts))).toEqual(facts)
  })

  it.each([...places, { jti: NAME }])('has its name where only who knows homes looks for it: %j', async (names) => {
    const leaves = keyring.leavesFor('code', '', 'A256GCM', 60)
    const envelope = await sealed.seal('code', { ...names, ...until })
    const { facts } = await openEnvelope(envelope, 'code+jwe', leaves, NOW)
    const { jti, ...others } = { ...names, ...until }
    expect(facts).toEqual(JSON.stringify(names).includes('17.') ? { id: jti, ...others } : { jti, ...others })
  })

  it.each(places)('is not ours where there is no such home: %j', async (names) => {
    const envelope = await sealed.seal('code', { ...names, ...until })
    const device = await sealed.seal('device', { ...names, ...until })
    const here = (count: number) => createPurposeEnvelopes(keyring, lives, NOW, createHomes(count))
    await expect(here(17).open('code', envelope)).rejects.toMatchObject({ code: 'home' })
    await expect(here(17).openLate('device', device)).rejects.toMatchObject({ code: 'home' })
    expect(await here(18).open('code', envelope)).toMatchObject(names)
  })
})
