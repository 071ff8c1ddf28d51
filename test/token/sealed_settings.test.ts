import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { sealEnvelope } from '../../src/token/envelope.ts'
import { openSettings, type SealedFacts, sealSettings } from '../../src/token/sealed_settings.ts'
import { ISSUER, NOW, testRing } from '../fixtures.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
const FACTS: SealedFacts = {
  seq: 1,
  issued_at: NOW,
  resources: { 'https://api.example': { scopes: ['read'] } },
  clients: {},
  trusted_issuers: {},
  details: {},
}
const open = (sealed: string, now = NOW): Promise<unknown> =>
  openSettings(sealed, keyring, now).catch(({ code }: { code: string }) => code)
const seal = (changes: object = {}): Promise<string> => sealSettings({ ...FACTS, ...changes }, keyring, NOW)

describe('sealed settings', () => {
  it('open to what they are, with the root by which they were sealed, for good', async () => {
    const sealed = await seal()
    for (const now of [NOW, NOW + 80 * 86_400]) expect(await open(sealed, now)).toEqual({ facts: FACTS, root: 'r1' })
    expect(JSON.parse(atob(sealed.split('.')[0] ?? ''))).toMatchObject({ typ: 'settings+jwe' })
  })

  it.each<[string, string, object]>([
    ['claims', 'the number 0', { seq: 0 }],
    ['claims', 'a number that is a text', { seq: '1' }],
    ['claims', 'no number', { seq: undefined }],
    ['claims', 'no instant', { issued_at: undefined }],
    ['claims', 'half an instant', { issued_at: NOW + 0.5 }],
    ['claims', 'a table more', { more: {} }],
    ...['resources', 'clients', 'trusted_issuers', 'details'].flatMap((name): [string, string, object][] => [
      ['claims', `no ${name}`, { [name]: undefined }],
      ['claims', `${name} that are a list`, { [name]: [] }],
      ['claims', `no ${name}, but another table`, { [name]: undefined, more: {} }],
    ]),
    ['early', 'an instant further ahead than clocks differ', { issued_at: NOW + 61 }],
  ])('are refused as %s: with %s', async (code, _, changes) => {
    expect(await open(await seal(changes))).toBe(code)
  })

  it('may be as far ahead as clocks differ', async () => {
    expect(await open(await seal({ issued_at: NOW + 60 }))).toMatchObject({ facts: { issued_at: NOW + 60 } })
  })

  it('are nothing else that the issuer sealed, and may be long', async () => {
    const leaf = keyring.leavesFor('settings', '', 'A256GCM', 600).sealing(NOW)
    expect(await open(leaf === undefined ? '' : await sealEnvelope({ ...FACTS }, 'code+jwe', leaf))).toBe('type')
    const long = await seal({ clients: { app: 'x'.repeat(100_000) } })
    expect(await open(long)).toMatchObject({ facts: { seq: 1 } })
    await expect(seal({ clients: { app: 'x'.repeat(1_048_576) } })).rejects.toMatchObject({ code: 'size' })
  })

  it('are not sealed while no root is primary', async () => {
    await expect(sealSettings(FACTS, keyring, NOW + 1e9)).rejects.toMatchObject({ code: 'sealing' })
  })
})
