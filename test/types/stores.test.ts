/** The types of stores, of `bulla/node`, `bulla/opentelemetry`, `bulla/testing` and `bulla/keys`: `npm run types` checks them. */
import { expectTypeOf, it } from 'vitest'
import type {
  createRing,
  Leaf,
  loadRing,
  Ring,
  RingRefusal,
  Root,
  RootState,
  rotateRing,
  stateOf,
} from '../../keys/index.ts'
import type {
  Addition,
  Advance,
  createMemoryGuard,
  createMemoryRevocations,
  Guard,
  IssuerSettings,
  Outcome,
  Revocations,
  Step,
} from '../../src/index.ts'
import type { addressFrom, OpenStores, readSettings, serve } from '../../src/node/index.ts'
import type { createTelemetry, Telemetry, TelemetryOptions } from '../../src/opentelemetry/index.ts'
import type {
  createRedisGuard,
  createSqlGuard,
  RedisGuardOptions,
  SharedGuard,
  SharedRevocations,
  SqlGuard,
  SqlGuardOptions,
  StoreError,
  StoreReason,
} from '../../src/stores/index.ts'
import type { ContractCase, guardContract, TestIssuer, TestTokenOptions, WholeGuard } from '../../src/testing/index.ts'
import type { VerifierOptions } from '../../src/verifier/index.ts'

type Optional = 'leave' | 'look' | 'swap' | 'raise' | 'spendUnlessEnded' | 'advanceUnlessEnded'

it('has guards that do four things, and others that do more', () => {
  expectTypeOf<Pick<Guard, 'spend' | 'advance' | 'end' | 'hasEnded'>>().toExtend<Guard>()
  expectTypeOf<Pick<Guard, 'spend' | 'advance' | 'end'>>().not.toExtend<Guard>()
  expectTypeOf<Guard['spend']>().returns.resolves.toEqualTypeOf<'first' | 'spent'>()
  expectTypeOf<Guard['advance']>().toEqualTypeOf<(step: Step) => Promise<Advance>>()
  expectTypeOf<Guard[Optional]>().extract<undefined>().toEqualTypeOf<undefined>()
  expectTypeOf<Extract<Advance, { outcome: 'advanced' }>['generation']>().toBeNumber()
  expectTypeOf<Extract<Advance, { outcome: 'reused' }>>().not.toHaveProperty('generation')
})

it('has guards of ours that do all of it', () => {
  type Whole = Required<Pick<Guard, Optional>>
  expectTypeOf<ReturnType<typeof createMemoryGuard>>().toExtend<Guard & Whole>()
  expectTypeOf<SharedGuard>().toExtend<Guard & Whole>()
  expectTypeOf<WholeGuard>().toExtend<Guard & Whole>()
  type Spared = ReturnType<Whole['spendUnlessEnded']>
  expectTypeOf<Spared>().resolves.toEqualTypeOf<'first' | 'spent' | 'ended'>()
  expectTypeOf<Whole['look']>().returns.resolves.toEqualTypeOf<string | undefined>()
})

it('has lists of revocations', () => {
  expectTypeOf<Revocations['add']>().toEqualTypeOf<(addition: Addition, now: number) => Promise<Outcome>>()
  expectTypeOf<Extract<Outcome, { added: false }>['why']>().toBeString()
  expectTypeOf<Revocations['read']>().parameter(1).toEqualTypeOf<'access tokens' | 'anything'>()
  expectTypeOf<typeof createMemoryRevocations>().returns.toEqualTypeOf<Revocations>()
  expectTypeOf<SharedRevocations>().toExtend<Revocations>()
})

it('has stores that many processes share', () => {
  expectTypeOf<typeof createRedisGuard>().returns.toEqualTypeOf<SharedGuard>()
  expectTypeOf<typeof createSqlGuard>().returns.toEqualTypeOf<SqlGuard>()
  expectTypeOf<StoreError['reason']>().toEqualTypeOf<StoreReason>()
  expectTypeOf<readonly RedisGuardOptions[]>([
    { send: async (command, key) => [command, key], replicas: 1 },
    // @ts-expect-error a function, no client
    { send: { sendCommand: () => {} } },
    // @ts-expect-error it sends by what it is given
    { url: 'redis://localhost' },
  ])
  expectTypeOf<readonly SqlGuardOptions[]>([
    { dialect: 'sqlite', query: () => [] },
    // @ts-expect-error a dialect is postgresql or sqlite
    { dialect: 'mysql', query: () => [] },
    // @ts-expect-error rows alone, not what the driver has around them
    { dialect: 'postgresql', query: async () => ({ rows: [] }) },
  ])
})

it('serves in Node', () => {
  expectTypeOf<Omit<OpenStores, 'close'>>().toExtend<Partial<IssuerSettings>>()
  expectTypeOf<typeof readSettings>().returns.toEqualTypeOf<IssuerSettings>()
  expectTypeOf<typeof addressFrom>().returns.toEqualTypeOf<NonNullable<IssuerSettings['addressOf']>>()
  expectTypeOf<Awaited<ReturnType<typeof serve>>['ended']>().toEqualTypeOf<Promise<void>>()
})

it('is measured by settings', () => {
  expectTypeOf<typeof createTelemetry>().parameter(0).toEqualTypeOf<TelemetryOptions | undefined>()
  expectTypeOf<Telemetry>().toExtend<Partial<IssuerSettings>>()
})

it('is tested by cases, and with an issuer in memory', () => {
  expectTypeOf<typeof guardContract>().returns.toEqualTypeOf<readonly ContractCase[]>()
  expectTypeOf<TestIssuer['verifier']>().toExtend<VerifierOptions>()
  expectTypeOf<TestIssuer['token']>().parameter(0).toEqualTypeOf<TestTokenOptions | undefined>()
  // A token's scope is a text when it is asked for, and a list when it is read.
  expectTypeOf<TestTokenOptions['scope']>().toEqualTypeOf<string | undefined>()
})

it('has rings that nobody writes to, and refusals that say why', () => {
  expectTypeOf<Ring['roots']>().toEqualTypeOf<readonly Root[]>()
  expectTypeOf<Extract<ReturnType<typeof loadRing>, { ok: false }>>().toEqualTypeOf<RingRefusal>()
  expectTypeOf<Extract<ReturnType<typeof loadRing>, { ok: true }>['ring']>().toEqualTypeOf<Ring>()
  expectTypeOf<Extract<ReturnType<typeof rotateRing>, { ok: true }>['added']>().toEqualTypeOf<Root>()
  expectTypeOf<typeof stateOf>().returns.toEqualTypeOf<RootState>()
  expectTypeOf<Leaf<string>['key']>().toEqualTypeOf<string>()
  expectTypeOf<readonly Parameters<typeof createRing>[0][]>([
    { now: 0, key: new Uint8Array(32) },
    // @ts-expect-error bytes, no text
    { now: 0, key: 'secret' },
    // @ts-expect-error time is an argument
    { key: new Uint8Array(32) },
  ])
})
