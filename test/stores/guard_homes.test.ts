import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createDurableObjectGuard, type GuardNamespace, type GuardStub } from '../../src/stores/guard_on_workers.ts'

const namespace = env['GUARD'] as GuardNamespace
const options = { newId: () => crypto.randomUUID(), clock: () => Date.now() }
const now = Math.floor(Date.now() / 1000)
const later = now + 3600
const step = (gid: string) => ({ gid, generation: 0, now, grace: 0, expiresAt: later })

type Call = (...request: readonly unknown[]) => Promise<never>

/** A guard over real objects, and what they were asked; `instead` may do something else. */
function setUp(instead: (method: string, stub: GuardStub) => Call | undefined = () => undefined) {
  const asked: { readonly home: string; readonly method: string }[] = []
  const noting: GuardNamespace = {
    getByName: (home) => {
      const stub = namespace.getByName(home)
      return new Proxy(stub, {
        get:
          (_, method: keyof GuardStub): Call =>
          (...request) => {
            asked.push({ home, method })
            return (instead(method, stub) ?? (stub[method] as Call))(...request)
          },
      })
    },
  }
  const guard = createDurableObjectGuard(noting, options)
  const methods = (): readonly string[] => asked.splice(0).map(({ method }) => method)
  return { guard, asked, methods }
}

/** Returns where a name is at home. */
async function homeOf(name: string): Promise<string> {
  const { guard, asked } = setUp()
  await guard.look(name)
  return asked[0]?.home ?? ''
}

/** Returns a new name that is at home where another is, or elsewhere. */
async function neighbour(of: string, isNear = true): Promise<string> {
  for (;;) {
    const name = crypto.randomUUID()
    if (((await homeOf(name)) === (await homeOf(of))) === isNear) return name
  }
}

describe('names that are at home at one object', () => {
  it('are asked for by one call', async () => {
    const { guard, methods } = setUp()
    const name = crypto.randomUUID()
    const [near, far] = [await neighbour(name), await neighbour(name, false)]
    await guard.hasEnded([name, near, far])
    expect(methods()).toEqual(['hasEnded', 'hasEnded'])
    await guard.end(near, later)
    methods()
    expect([await guard.hasEnded([name, near]), methods()]).toEqual([true, ['hasEnded']])
  })

  it('are asked for and spent, or moved on, by one call', async () => {
    const { guard, methods } = setUp()
    const name = crypto.randomUUID()
    const other = await neighbour(name)
    expect(await guard.spendUnlessEnded(name, later, [other])).toBe('first')
    expect(await guard.advanceUnlessEnded(step(name), [other])).toEqual({ outcome: 'advanced', generation: 1 })
    expect(methods()).toEqual(['spendUnlessEnded', 'advanceUnlessEnded'])
  })
})

describe('names that are at home elsewhere', () => {
  it('are asked for before, and never beside: nothing is spent where one has ended', async () => {
    const { guard, methods } = setUp()
    const name = crypto.randomUUID()
    const [near, far] = [await neighbour(name), await neighbour(name, false)]
    expect(await guard.spendUnlessEnded(name, later, [near, far])).toBe('first')
    expect(methods()).toEqual(['hasEnded', 'spendUnlessEnded'])
    expect(await guard.spendUnlessEnded(name, later, [far])).toBe('spent')
    expect(methods()).toEqual(['hasEnded', 'spend'])
    await guard.end(far, later)
    methods()
    for (const others of [[name, far], [far]]) {
      expect(await guard.spendUnlessEnded(near, later, others)).toBe('ended')
      expect(await guard.advanceUnlessEnded(step(near), others)).toEqual({ outcome: 'ended' })
      expect(methods()).toEqual(['hasEnded', 'hasEnded'])
    }
    expect([await guard.spend(near, later), await guard.advance(step(near))]).toEqual([
      'first',
      { outcome: 'advanced', generation: 1 },
    ])
  })

  it('spend nothing where they do not answer: the same code works afterwards', async () => {
    let isDown = true
    const down = (): Call | undefined => (isDown ? () => Promise.reject(new Error('down')) : undefined)
    const { guard } = setUp((method) => (method === 'hasEnded' ? down() : undefined))
    const name = crypto.randomUUID()
    const others = [await neighbour(name), await neighbour(name, false)]
    for (const asked of [others, others.slice(1)]) {
      await expect(guard.spendUnlessEnded(name, later, asked)).rejects.toThrow('down')
      await expect(guard.advanceUnlessEnded(step(name), asked)).rejects.toThrow('down')
    }
    isDown = false
    expect(await guard.spendUnlessEnded(name, later, others)).toBe('first')
    expect(await guard.advanceUnlessEnded(step(name), others)).toEqual({ outcome: 'advanced', generation: 1 })
  })

  it('spend nothing where they took longer than whoever asks waits', async () => {
    // By this clock it is long over when they have answered.
    const clock = (): number => Date.now() - 10_000
    const guard = createDurableObjectGuard(namespace, { ...options, clock })
    const name = crypto.randomUUID()
    const others = [await neighbour(name, false)]
    await expect(guard.spendUnlessEnded(name, later, others)).rejects.toMatchObject({ reason: 'late' })
    await expect(guard.advanceUnlessEnded(step(name), others)).rejects.toMatchObject({ reason: 'late' })
    const timely = setUp().guard
    expect([await timely.spend(name, later), await timely.advance(step(name))]).toEqual([
      'first',
      { outcome: 'advanced', generation: 1 },
    ])
  })

  it('have no time of their own: what they take is of the time for all', async () => {
    const looks: number[] = []
    const clock = (): number => {
      // Each look at it is a second after the one before.
      looks.push(Date.now() + looks.length * 1000)
      return looks.at(-1) ?? 0
    }
    const deadlines: unknown[] = []
    const name = crypto.randomUUID()
    const others = [await neighbour(name, false)]
    const guard = createDurableObjectGuard(
      {
        getByName: (home) =>
          new Proxy(namespace.getByName(home), {
            get:
              (stub, method: keyof GuardStub): Call =>
              (...request) => {
                if (method === 'spend') deadlines.push(request[3])
                return (stub[method] as Call)(...request)
              },
          }),
      },
      { ...options, clock },
    )
    await guard.spendUnlessEnded(name, later, others)
    expect(deadlines).toEqual([(looks[0] ?? 0) + 1400])
  })
})

describe('an object of a version before, as in a deployment that is under way', () => {
  /** What such an object does when it is asked for a method that it does not have. */
  const old = (method: string, stub: GuardStub): Call | undefined =>
    method.endsWith('UnlessEnded') ? (stub as unknown as Readonly<Record<string, Call>>)[`${method}Of1999`] : undefined

  it('is asked first and changed then: it would pass over what it does not know, and spend what has ended', async () => {
    const { guard, methods } = setUp(old)
    const name = crypto.randomUUID()
    const near = await neighbour(name)
    expect(await guard.spendUnlessEnded(name, later, [near])).toBe('first')
    expect(methods()).toEqual(['spendUnlessEnded', 'hasEnded', 'spend'])
    expect(await guard.spendUnlessEnded(name, later, [near])).toBe('spent')
    expect(await guard.advanceUnlessEnded(step(name), [near])).toEqual({ outcome: 'advanced', generation: 1 })
    const unused = await neighbour(name)
    await guard.end(near, later)
    expect(await guard.spendUnlessEnded(unused, later, [near])).toBe('ended')
    expect(await guard.advanceUnlessEnded(step(unused), [near])).toEqual({ outcome: 'ended' })
    expect([await guard.spend(unused, later), await guard.hasEnded([unused])]).toEqual(['first', false])
  })
})
