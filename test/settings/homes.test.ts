import { describe, expect, it } from 'vitest'
import { createMemoryGuard, readBindings } from '../../src/index.ts'
import { readHomes } from '../../src/settings/homes.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { ISSUER, testSettings } from '../fixtures.ts'

const REGIONS = {
  eu: { jurisdiction: 'eu', continents: ['EU', 'AF'] },
  oc: { locationHint: 'oc', continents: ['OC'] },
  old: { locationHint: 'weur' },
}
const settingsOf = (vars: object) => readBindings({ ISSUER, ...vars } as never)
/** Returns a request from a continent, as Cloudflare tells it: in workerd a request has a place for that. */
function from(continent?: string): Request {
  const cf = { continent }
  const request = new Request(ISSUER, { cf } as RequestInit)
  return 'cf' in request ? request : Object.assign(request, { cf })
}

describe('the homes in a Worker’s variables', () => {
  it('become settings: how many, which regions, and who is in which', () => {
    const { homes } = settingsOf({ HOMES: 64, HOME_REGIONS: REGIONS })
    expect(homes).toEqual({ count: 64, regions: ['eu', 'oc', 'old'], regionOf: expect.any(Function) })
    const regions = ['EU', 'AF', 'OC', 'NA', undefined].map((continent) => homes?.regionOf?.(from(continent), {}))
    expect(regions).toEqual(['eu', 'eu', 'oc', undefined, undefined])
    expect(settingsOf({ HOME_REGIONS: REGIONS }).homes).not.toHaveProperty('count')
    expect(settingsOf({}).homes).toBeUndefined()
  })

  it.each([
    [{ HOMES: 0 }, '"HOMES" expected an integer'],
    [{ HOMES: 4097 }, '"HOMES" expected an integer'],
    [{ HOMES: '64' }, '"HOMES" expected an integer'],
    [{ HOME_REGIONS: ['eu'] }, '"HOME_REGIONS"'],
    [{ HOME_REGIONS: { EU: REGIONS.eu } }, '"HOME_REGIONS" expected names of 1 to 8 lower-case letters'],
    [{ HOME_REGIONS: { abcdefghi: REGIONS.eu } }, '"HOME_REGIONS" expected names of 1 to 8 lower-case letters'],
    [{ HOME_REGIONS: { eu: {} } }, '"HOME_REGIONS.eu" expected a "jurisdiction" or a "locationHint"'],
    [{ HOME_REGIONS: { eu: { jurisdiction: 'EU' } } }, '"HOME_REGIONS.eu.jurisdiction" expected "eu" or "us"'],
    [{ HOME_REGIONS: { eu: { locationHint: 'eu' } } }, '"HOME_REGIONS.eu.locationHint" expected "wnam"'],
    [{ HOME_REGIONS: { eu: { location_hint: 'weur' } } }, '"location_hint"'],
    [{ HOME_REGIONS: { eu: { ...REGIONS.eu, continents: ['eu'] } } }, '"HOME_REGIONS.eu.continents[0]" expected'],
    [{ HOME_REGIONS: { eu: { ...REGIONS.eu, continents: 'EU' } } }, '"HOME_REGIONS.eu.continents" expected'],
    [{ HOME_REGIONS: { ...REGIONS, other: { locationHint: 'me', continents: ['AF'] } } }, 'has AF in eu and in other'],
    [{ HOME_REGION: REGIONS }, '"HOME_REGION" is no setting; did you mean "HOME_REGIONS"?'],
  ])('are refused where they say nothing: %j', (vars, words) => {
    expect(() => settingsOf(vars)).toThrow(words)
  })
})

describe('the setting homes', () => {
  const homes = (value: unknown) => checkSettings(testSettings({ homes: value as never })).homes

  it.each([
    [{ count: 0 }, '"homes.count"'],
    [{ count: 1.5 }, '"homes.count"'],
    [{ count: 4097 }, '"homes.count"'],
    [{ regions: ['eu', 'eu'] }, '"homes.regions"'],
    [{ regions: ['e-u'] }, '"homes.regions[0]"'],
    [{ regionOf: 'eu' }, '"regionOf" expected a function'],
    [{ number: 3 }, '"number"'],
    [3, '"homes"'],
  ])('is refused where it is none: %j', (value, words) => {
    expect(() => homes(value)).toThrow(words)
  })

  it('means nothing without a guard, whose homes they are, and is refused then', () => {
    const settings = testSettings({ homes: { count: 3 }, guard: 'none', clients: {}, trustedIssuers: {} })
    expect(() => checkSettings(settings)).toThrow('"homes" expected a guard')
    expect(() => checkSettings({ ...settings, guard: undefined as never })).toThrow('"homes" expected a guard')
    expect(() => checkSettings({ ...settings, guard: createMemoryGuard() })).not.toThrow()
    expect(() => checkSettings({ ...settings, homes: { regions: ['eu'] } })).not.toThrow()
  })

  it('gives the same name the same home, the longest no longer than it says, and spreads names over all', () => {
    const given = readHomes({ count: 4096, regions: ['abcdefgh'], regionOf: () => 'abcdefgh' })
    const names = Array.from({ length: 4096 }, (_, index) =>
      `${String.fromCharCode(65 + (index % 26))}${index}`.padEnd(43, 'x'),
    )
    for (const name of names) {
      const at = given.give(name, from(), {})
      expect(at).toBe(given.give(name, from(), {}))
      expect([given.isOurs(at), at.length - 43 <= given.longest]).toEqual([true, true])
    }
    expect(given.longest).toBe('abcdefgh-4095.'.length)
    const few = readHomes({ count: 7 })
    expect(new Set(names.map((name) => few.give(name, from(), {}).split('.')[0])).size).toBe(7)
  })
})
