import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryGuard, type Guard } from '../../src/index.ts'
import { API, ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { createApp, createPerson, hiddenField, readAnswer } from '../parties/person.ts'
import { ASSERTION_TYPE, CLIENT_KEY, clientAssertion } from '../parties/trusted.ts'
import { type Asker, type CodeProtocol, type CodeWorld, createCode, type Stage } from './code.ts'

const { d: _, ...jwk } = CLIENT_KEY
const CLIENTS = {
  ...VARS.CLIENTS,
  keyed: {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk] },
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://keyed.example/cb'],
    resources: [API],
    scopes: ['read'],
  },
} as const

/** Whose request asks the guard. */
const asking = new AsyncLocalStorage<number>()

/** What a guard is asked, in the model's words. */
function stageOf(method: string, [first]: readonly unknown[]): Stage {
  if (method === 'hasEnded') return 'look'
  if (method === 'end') return 'end'
  return String(first).startsWith('code ') ? 'spend' : 'proof'
}

/** A guard that answers a request when it is let, and knows where each request is. */
function createGate() {
  const memory = createMemoryGuard(() => NOW, { single: true })
  const waiting = new Map<number, { readonly stage: Stage; readonly go: () => void }>()
  const told = new Map<number, Stage>()
  let arrived = () => {}
  const arrivesAt = async (index: number): Promise<Stage> => {
    while (true) {
      const stage = waiting.get(index)?.stage ?? told.get(index)
      if (stage !== undefined) return stage
      await new Promise<void>((resolve) => {
        arrived = resolve
      })
    }
  }
  const methods = Object.entries(memory).map(([method, call]) => [
    method,
    async (...given: readonly unknown[]): Promise<unknown> => {
      const index = asking.getStore()
      if (index !== undefined)
        await new Promise<void>((go) => {
          waiting.set(index, { stage: stageOf(method, given), go })
          arrived()
        })
      return (call as (...all: readonly unknown[]) => Promise<unknown>)(...given)
    },
  ])
  const guard: Guard = Object.fromEntries(methods)
  return {
    guard,
    /** Starts a request, and waits until it asks the guard or is answered. */
    start(index: number, request: () => Promise<Stage>): Promise<Stage> {
      void asking.run(index, request).then((stage) => {
        told.set(index, stage)
        arrived()
      })
      return arrivesAt(index)
    },
    /** Lets the guard answer a request, and waits until it asks the next, or is answered. */
    answer(index: number): Promise<Stage> {
      const { go } = waiting.get(index) ?? { go: () => {} }
      waiting.delete(index)
      go()
      return arrivesAt(index)
    },
  }
}

type Way = readonly { readonly label: string; readonly world: CodeWorld }[]

/** Returns each way from the start to where nothing more can happen. */
function* waysOf(protocol: CodeProtocol): Generator<Way> {
  const { start, moves } = createCode(protocol)
  function* from(world: CodeWorld, way: Way): Generator<Way> {
    const next = moves(world)
    if (next.every(({ label }) => label === 'the person logs out')) yield way
    for (const { label, world: after } of next) yield* from(after, [...way, { label, world: after }])
  }
  yield* from(start, [])
}

/** Goes a way at a real issuer, whose guard answers in this order, and holds each request's place against the model's. */
async function walk(askers: readonly Asker[], way: Way): Promise<void> {
  const { guard, start, answer } = createGate()
  const issuer = testIssuer({ guard, clients: CLIENTS, now: () => NOW })
  const ask = (request: Request) => issuer.fetch(request)
  const client = askers.some(({ assertion }) => assertion !== undefined) ? 'keyed' : 'pub'
  const person = createPerson(ask, { now: () => NOW })
  const request = client === 'pub' ? {} : { client_id: 'keyed', redirect_uri: 'https://keyed.example/cb' }
  const code = (await person.answer('allow', request)).searchParams.get('code') ?? ''
  const assertions = new Map<string, string>()
  for (const { assertion = '' } of askers)
    if (!assertions.has(assertion)) assertions.set(assertion, await clientAssertion(ISSUER, NOW))
  const proofOf = ({ assertion }: Asker) =>
    assertion === undefined
      ? {}
      : { client_assertion: assertions.get(assertion), client_assertion_type: ASSERTION_TYPE, client_id: undefined }
  let given: string | undefined
  const app = createApp(ask, { client })
  const redeem = (index: number) => async (): Promise<Stage> => {
    const asker = askers[index] as Asker
    const verifier = asker.isRight ? {} : { code_verifier: 'x'.repeat(43) }
    const response = await app.redeem(code, { ...verifier, ...proofOf(asker) })
    const { refresh_token } = await readAnswer(response)
    if (response.ok) given = refresh_token
    return response.ok ? 'given' : 'refused'
  }

  const places: Stage[] = askers.map(() => 'not yet')
  for (const [at, { label, world }] of way.entries()) {
    if (label === 'the person logs out') {
      const token = hiddenField(await (await person.browser.get(`${ISSUER}/logout`)).text(), 'token')
      expect((await person.browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
    } else {
      const index = Number(/\d/.exec(label)?.[0])
      places[index] = await (label.endsWith(' asks') ? start(index, redeem(index)) : answer(index))
    }
    const labels = way.slice(0, at + 1).map((one) => one.label)
    expect([labels, places]).toEqual([labels, world.places.map(({ stage }) => stage)])
  }
  const last = way.at(-1)?.world
  if (given === undefined || last === undefined) return
  const fresh = client === 'pub' ? {} : proofOf({ isRight: true, assertion: '' })
  if (client !== 'pub') assertions.set('', await clientAssertion(ISSUER, NOW))
  const isAlive = !last.isGrantOver && !last.isLoggedOut
  const refreshed = await app.refresh(given, client === 'pub' ? {} : { ...fresh, client_assertion: assertions.get('') })
  expect([way.map(({ label }) => label), refreshed.ok]).toEqual([way.map(({ label }) => label), isAlive])
}

const [GOOD, WRONG] = [{ isRight: true }, { isRight: false }]
const by = (assertion: string): Asker => ({ isRight: true, assertion })

// promise: M06
describe('a real issuer, whose guard answers in every order, goes as the model (RFC 6749 §4.1.2, OAuth 2.1 §7.5.2)', () => {
  // What waits here waits for the test: no guard is too late.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each<[string, readonly Asker[], boolean, number, number]>([
    ['two requests with a code at once, and a logout', [GOOD, GOOD], true, 1, 42],
    ['two requests, one without the verifier', [GOOD, WRONG, GOOD], false, 1, 36],
    ['two requests, with an assertion each', [by('a'), by('b')], false, 2, 70],
    ['two requests with the same assertion', [by('a'), by('a')], false, 2, 50],
    ['two requests, with an assertion each, and a logout', [by('a'), by('b')], true, 23, 526],
  ])('%s', async (_, askers, logout, each, expected) => {
    const ways = [...waysOf({ askers, logout, unheard: false, goesOn: false })]
    expect(ways.length).toBe(expected)
    for (const way of ways.filter((__, at) => at % each === 0)) await walk(askers, way)
  })
})
