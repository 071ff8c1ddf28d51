import { describe, expect, it } from 'vitest'
import { createKept, type KeptContext, MOST_AT_ONCE } from '../../src/grants/kept_at_guard.ts'
import { TokenError } from '../../src/jose/error.ts'
import type { PurposeEnvelopes } from '../../src/token/purpose.ts'
import { NOW } from '../house.ts'
import { createGranting, refusalOf, whyRefused } from '../parties/granting.ts'

const FACTS = { jti: 'x', iat: NOW, exp: NOW + 60 }

function keeping(changes: Partial<KeptContext> = {}, now = NOW) {
  const { context, guard, envelopesAt } = createGranting()
  const given = { guard, envelopes: envelopesAt(now), now, newId: context.newId, ...changes }
  return { ...createKept(given), guard, envelopesAt }
}

describe('what is kept', () => {
  it.each(['device', 'provider'] as const)('opens as what it is, and as no other kind: for a %s', async (purpose) => {
    const { seal, open, openKept, envelopesAt } = keeping({ purpose })
    const envelope = await seal('a', { ...FACTS, more: 1 }, 2048)
    expect(await open('a', envelope)).toEqual({ ...FACTS, more: 1, kind: 'a' })
    expect(await envelopesAt(NOW).open(purpose, envelope)).toMatchObject(FACTS)
    await expect(open('b', envelope)).rejects.toMatchObject(new TokenError('claims'))
    expect([await openKept('b', envelope), await openKept('a', 'x')]).toEqual([undefined, undefined])
    expect(await openKept('a', envelope)).toMatchObject(FACTS)
  })

  it('is for devices by default, and of none is the other purpose', async () => {
    const [device, provider] = [keeping(), keeping({ purpose: 'provider' })]
    const envelope = await device.seal('a', FACTS, 2048)
    expect(await keeping({ purpose: 'device' }).openKept('a', envelope)).toMatchObject(FACTS)
    expect(await provider.openKept('a', envelope)).toBeUndefined()
  })

  it('of a device opens when it is over, and of a provider does not', async () => {
    for (const [purpose, opened] of [
      ['device', expect.objectContaining(FACTS)],
      ['provider', undefined],
    ] as const) {
      const envelope = await keeping({ purpose }).seal('a', FACTS, 2048)
      expect(await keeping({ purpose }, FACTS.exp).openKept('a', envelope)).toEqual(opened)
    }
  })

  it('has a length that it may have', async () => {
    const { seal } = keeping()
    const { length } = await seal('a', FACTS, 2048)
    await expect(seal('a', FACTS, length)).resolves.toHaveLength(length)
    const { code, reason, message } = await refusalOf(() => seal('a', FACTS, length - 1))
    expect([code, reason, message]).toEqual([
      'invalid_request',
      'too_long',
      expect.stringContaining(String(length - 1)),
    ])
    expect(await whyRefused(() => seal('a', { ...FACTS, long: 'x'.repeat(20_000) }, 99_999))).toBe(
      'invalid_request too_long',
    )
  })

  it('is not too long, and not gone, because something of ours fails', async () => {
    const [down, sealing] = [new Error('down'), new TokenError('sealing')]
    const broken = (error: Error) => {
      const fails = () => Promise.reject(error)
      return keeping({ envelopes: { seal: fails, open: fails, openLate: fails } as PurposeEnvelopes })
    }
    for (const error of [down, sealing]) await expect(broken(error).seal('a', FACTS, 99)).rejects.toBe(error)
    await expect(broken(down).openKept('a', 'x')).rejects.toBe(down)
    expect(await broken(sealing).openKept('a', 'x')).toBeUndefined()
  })
})

describe('what is kept under a name is changed', () => {
  const next = ({ count = 0 }: Readonly<Record<string, unknown>>) => ({
    after: { count: Number(count) + 1 },
    answer: Number(count) + 1,
  })

  it('by a rule, from nothing on', async () => {
    const { change, guard, open } = keeping()
    expect(await change('name', 'a', NOW + 9, next)).toBe(1)
    expect(await change('name', 'a', NOW + 9, next)).toBe(2)
    const kept = await open('a', (await guard.look('name')) ?? '')
    expect(kept).toEqual({ jti: expect.stringMatching(/^[\w-]{22}$/), iat: NOW, exp: NOW + 9, kind: 'a', count: 2 })
  })

  it('until its end, or another that the rule says', async () => {
    const seen: unknown[] = []
    const { guard } = createGranting()
    const noting: KeptContext['guard'] = {
      ...guard,
      leave: async (name, envelope, until) => {
        seen.push(until)
        return guard.leave(name, envelope, until)
      },
      swap: async (name, before, after, until) => {
        seen.push(until)
        return guard.swap(name, before, after, until)
      },
    }
    const { change, open } = keeping({ guard: noting })
    await change('name', 'a', NOW + 9, next)
    await change('name', 'a', NOW + 10, next)
    await change('name', 'a', NOW + 10, (before) => ({ ...next(before), until: NOW + 20 }))
    expect(seen).toEqual([NOW + 9, NOW + 10, NOW + 20])
    expect((await open('a', (await guard.look('name')) ?? '')).exp).toBe(NOW + 20)
  })

  it('not where the rule changes nothing', async () => {
    const { change, guard } = keeping()
    expect(await change('name', 'a', NOW + 9, () => ({ answer: 'no' }))).toBe('no')
    expect(await guard.look('name')).toBeUndefined()
  })

  it('as if nothing were there, where no key opens that any more', async () => {
    const { change, guard } = keeping()
    await guard.leave('name', 'of another key', NOW + 9)
    expect(await change('name', 'a', NOW + 9, next)).toBe(1)
    expect(await change('name', 'a', NOW + 9, next)).toBe(2)
  })

  it('by each of those who do so at the same time', async () => {
    const { change } = keeping()
    const answers = await Promise.all(Array.from({ length: 5 }, () => change('name', 'a', NOW + 9, next)))
    expect(answers.toSorted()).toEqual([1, 2, 3, 4, 5])
  })

  it('in twelve tries, or not at all', async () => {
    expect(MOST_AT_ONCE).toBe(12)
    const { guard } = createGranting()
    for (const [busy, answer] of [
      [11, 1],
      [12, undefined],
    ] as const) {
      let times = 0
      const other: KeptContext['guard'] = {
        ...guard,
        leave: async (name, envelope, until) => (++times > busy ? guard.leave(name, envelope, until) : 'taken'),
      }
      expect(await keeping({ guard: other }).change(`name ${busy}`, 'a', NOW + 9, next)).toBe(answer)
    }
  })
})
