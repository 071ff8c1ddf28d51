import { describe, expect, it } from 'vitest'
import { createTokenPlace, type KeptTokensContext, type Lying, tokensOf } from '../../src/grants/kept_tokens.ts'
import { TokenError } from '../../src/jose/error.ts'
import { createMemoryGuard } from '../../src/stores/guard_memory.ts'
import { createHomes } from '../../src/token/home.ts'
import type { PurposeEnvelopes } from '../../src/token/purpose.ts'
import { NOW } from '../house.ts'
import { createGranting, refusalOf, whyRefused } from '../parties/granting.ts'

describe('where tokens of a provider lie', () => {
  const TOKENS = { accessToken: 'a', scope: ['repo'], sub: 'github|1', provider: 'github' }
  const ALL = { ...TOKENS, refreshToken: 'r', expiresAt: NOW + 9 }

  /** A place at a guard; `clock` is that of who opens. */
  function placing(changes: Partial<KeptTokensContext> = {}) {
    const { context, guard, envelopesAt, settings } = createGranting()
    const clock = { now: NOW }
    const given = { guard, homes: settings.homes, envelopes: envelopesAt, newId: context.newId, now: () => clock.now }
    return { ...createTokenPlace({ ...given, ...changes }), guard, clock, envelopesAt }
  }

  it('they lie until they end, with all that there is of them and nothing more', async () => {
    const { leave, look, guard, envelopesAt } = placing()
    const attempt = { id: 'x', at: NOW, ended: true } as const
    for (const [gid, kept] of [
      ['one', TOKENS],
      ['two', { ...ALL, attempt }],
    ] as const) {
      await leave(gid, Object.assign({ more: 'nothing' }, kept), NOW + 60)
      const envelope = (await guard.look(`provider ${gid}`)) ?? ''
      const { jti, ...facts } = await envelopesAt(NOW).open('provider', envelope)
      expect(facts).toStrictEqual({ iat: NOW, exp: NOW + 60, gid, ...kept })
      expect(jti).toMatch(/^[\w-]{22}$/)
      expect(await look(gid)).toEqual({ envelope, kept: { ...facts, jti }, until: NOW + 60 })
    }
    expect(await look('three')).toBeUndefined()
  })

  it('of tokens only those are kept, as far as there are any', () => {
    const { sub: _, provider: __, ...tokens } = ALL
    const { sub: ___, provider: ____, ...least } = TOKENS
    expect(tokensOf(ALL)).toStrictEqual(tokens)
    expect(tokensOf(TOKENS)).toStrictEqual(least)
  })

  it('they are left where none are', async () => {
    const { leave } = placing()
    await leave('one', TOKENS, NOW + 60)
    expect(await whyRefused(() => leave('one', ALL, NOW + 60))).toBe('login_failed stale')
  })

  it('others stand in their place, if nothing else does meanwhile', async () => {
    const { leave, look, swap } = placing()
    await leave('one', TOKENS, NOW + 60)
    const before = (await look('one')) as Lying
    const swapped = await swap('one', before, ALL, NOW + 90)
    expect(swapped).toEqual({ envelope: expect.any(String), kept: ALL, until: NOW + 90 })
    expect(await look('one')).toEqual({ ...swapped, kept: expect.objectContaining(ALL) })
    expect(await swap('one', before, TOKENS)).toBeUndefined()
    expect((await swap('one', swapped as Lying, TOKENS))?.until).toBe(NOW + 90)
  })

  it('a note that they are over stands there until the end', async () => {
    const { leave, look, swap } = placing()
    await leave('one', ALL, NOW + 60)
    const over = await swap('one', (await look('one')) as Lying, undefined)
    expect(over).toEqual({ envelope: expect.any(String), kept: undefined, until: NOW + 60 })
    expect(await look('one')).toEqual(over)
  })

  it('they are asked for at no home that is gone', async () => {
    const guard = { ...createMemoryGuard(() => NOW), look: () => Promise.reject(new Error('no such object')) }
    const { look } = placing({ guard, homes: createHomes(2) })
    expect(await whyRefused(() => look(`7.${'x'.repeat(22)}`))).toBe('invalid_grant provider_tokens')
  })

  it('they are none where they do not open, or are of another grant', async () => {
    const { look, guard, envelopesAt, clock } = placing()
    const facts = { jti: 'x', iat: NOW, exp: NOW + 60, gid: 'one', ...TOKENS }
    await guard.leave('provider none', 'x', NOW + 60)
    await guard.leave('provider other', await envelopesAt(NOW).seal('provider', facts), NOW + 60)
    const { code, reason, cause } = await refusalOf(() => look('none'))
    expect([code, reason, cause]).toEqual(['invalid_grant', 'provider_tokens', expect.any(TokenError)])
    expect(await whyRefused(() => look('other'))).toBe('invalid_grant provider_tokens')
    await guard.leave('provider one', await envelopesAt(NOW).seal('provider', { ...facts, iat: NOW + 9999 }), NOW + 60)
    expect(await whyRefused(() => look('one'))).toBe('temporarily_unavailable clock')
    clock.now = NOW + 60
    expect(await whyRefused(() => look('one'))).toBe('invalid_grant provider_tokens')
  })

  it('they are not gone because something of ours fails', async () => {
    const down = new Error('down')
    const envelopes = () => ({ open: () => Promise.reject(down) }) as unknown as PurposeEnvelopes
    const { look, guard } = placing({ envelopes })
    await guard.leave('provider one', 'x', NOW + 60)
    await expect(look('one')).rejects.toBe(down)
  })
})
