import { describe, expect, it } from 'vitest'
import type { TokenError } from '../../src/jose/error.ts'
import type { Confirmation } from '../../src/token/entitlement.ts'
import { checkOptions } from '../../src/verifier/common_options.ts'
import { createConfirmation, type DpopOptions } from '../../src/verifier/confirmation.ts'
import type { Problem } from '../../src/verifier/problem.ts'
import { type ResourceRequest, readRequest } from '../../src/verifier/request.ts'
import type { Confirm, Shown } from '../../src/verifier/verifier.ts'
import { createProver, type ProofChanges } from '../parties/dpop.ts'
import { API, API2, ISSUER, NOW } from '../ring.ts'

const URL_ = `${API}/orders/7`
const SECRET = 'a secret that is no secret: 32 letters'
const prover = await createProver()
const token = 'a.token'
const key = { jkt: prover.jkt }
const certificate = { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg0' }

interface Parts {
  readonly baseUrl?: string
  readonly secret?: string
  readonly resource?: string
  readonly issuer?: string
  readonly tell?: (problem: Problem) => void
}

function confirmationOf(dpop: DpopOptions | 'off' = {}, parts: Parts = {}): Confirm {
  const { baseUrl, secret, resource = API, issuer = ISSUER, tell = () => {} } = parts
  const checked = checkOptions({ issuer, resource, now: () => NOW, onProblem: tell })
  return createConfirmation(dpop, { checked, baseUrl, secret })
}

/** A token that is shown by DPoP, with a proof of its request unless that is changed. */
async function shown(changes: ProofChanges = {}, more: Partial<ResourceRequest> = {}): Promise<Shown> {
  const dpop = await prover.prove({ method: 'GET', url: URL_, token, ...changes })
  const request = readRequest({ method: 'GET', url: URL_, headers: { dpop }, ...more })
  return { scheme: 'DPoP', token, request }
}
const asBearer = (more: Partial<ResourceRequest> = {}): Shown => ({
  scheme: 'Bearer',
  token,
  request: readRequest({ method: 'GET', url: URL_, headers: {}, ...more }),
})

/** What becomes of something: `ok`, or the code of its error. */
const outcomeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'ok',
    (error: TokenError) => error.code,
  )

describe('a proof', () => {
  it.each<[string, ProofChanges, Partial<ResourceRequest>, string]>([
    ['a proof of it', {}, {}, 'ok'],
    ['no proof', {}, { headers: {} }, 'proof'],
    ['no proof, and another host', {}, { headers: {}, url: 'https://other.example/orders/7' }, 'proof'],
    ['no method', {}, { method: undefined }, 'proof_request'],
    ['a proof of another method', { method: 'POST' }, {}, 'proof_request'],
    ['a proof of another path', { url: `${API}/orders/8` }, {}, 'proof_request'],
    ['a proof of another token', { token: 'b.token' }, {}, 'proof_request'],
    ['a proof of another time', { now: NOW - 61 }, {}, 'proof_time'],
    ['another host', {}, { url: 'https://other.example/orders/7' }, 'proof_origin'],
  ])('of a request with %s: %s', async (_, changes, more, code) => {
    expect(await outcomeOf(confirmationOf().prove(await shown(changes, more), NOW))).toBe(code)
  })

  it('is lacking where a token came alone', async () => {
    const alone: Shown = { scheme: 'DPoP', token, request: undefined }
    expect(await outcomeOf(confirmationOf().prove(alone, NOW))).toBe('proof')
  })

  it('is for the URL at which clients see the server', async () => {
    const confirm = confirmationOf({}, { baseUrl: 'https://public.example/api' })
    const inside = { url: '/orders/7' }
    expect(await outcomeOf(confirm.prove(await shown({}, inside), NOW))).toBe('proof_request')
    const seen = { url: 'https://public.example/api/orders/7' }
    expect(await outcomeOf(confirm.prove(await shown(seen, inside), NOW))).toBe('ok')
  })
})

describe('what a token is bound to is confirmed', () => {
  const both = { ...key, ...certificate }
  const other = { jkt: certificate['x5t#S256'] }
  const withCertificate = { certificate: certificate['x5t#S256'] }
  const alone: Shown = { scheme: 'Bearer', token, request: undefined }

  type Cnf = Confirmation | undefined
  it.each<[string, Shown | Promise<Shown>, readonly Cnf[], readonly Cnf[]]>([
    ['nothing', asBearer(), [undefined, {}], [key, certificate, both]],
    ['no request', alone, [undefined, {}], [key, certificate, both]],
    ['a certificate', asBearer(withCertificate), [undefined, {}, certificate], [key, both]],
    ['a key', shown(), [key], [undefined, {}, other, certificate, both]],
    ['a key and a certificate', shown({}, withCertificate), [key, both], [undefined, {}, other, certificate]],
  ])('by %s', async (_, sent, right, wrong) => {
    const input = await sent
    for (const dpop of [{}, { required: false }]) {
      const proved = await confirmationOf(dpop).prove(input, NOW)
      expect([...right, ...wrong].filter((cnf) => proved.confirms(cnf))).toEqual(right)
    }
    const required = await confirmationOf({ required: true }).prove(input, NOW)
    const isProof = input.scheme === 'DPoP'
    expect([...right, ...wrong].filter((cnf) => required.confirms(cnf))).toEqual(isProof ? right : [])
  })
})

describe('a proof is spent', () => {
  const twice = async (confirm: Confirm, one: Shown, other: Shown): Promise<readonly string[]> => {
    const [first, second] = [await confirm.prove(one, NOW), await confirm.prove(other, NOW)]
    return [await outcomeOf(first.spend()), await outcomeOf(second.spend())]
  }

  it('by one request', async () => {
    const headers = { dpop: await prover.prove({ method: 'GET', url: URL_, token }) }
    const [one, other] = [{}, {}]
    const again = async (first?: object, second?: object): Promise<readonly string[]> =>
      twice(confirmationOf(), await shown({}, { headers, native: first }), await shown({}, { headers, native: second }))
    expect(await again(one, one)).toEqual(['ok', 'ok'])
    for (const [first, second] of [[one, other], [one, undefined], [undefined, one], []])
      expect(await again(first, second)).toEqual(['ok', 'proof_replayed'])
  })

  it('each for itself where one request has two', async () => {
    const replay = { spend: async () => 'spent' as const }
    const native = {}
    const two = [await shown({}, { native }), await shown({}, { native })] as const
    expect(await twice(confirmationOf(), ...two)).toEqual(['ok', 'ok'])
    expect(await twice(confirmationOf({ replay }), ...two)).toEqual(['proof_replayed', 'proof_replayed'])
  })

  it('by its own name, for as long as it is taken', async () => {
    const spent: (readonly [string, number])[] = []
    const replay = {
      spend: async (id: string, expiresAt: number) => {
        spent.push([id, expiresAt])
        return 'first' as const
      },
    }
    const confirm = confirmationOf({ replay })
    for (const now of [NOW, NOW - 7]) {
      const proved = await confirm.prove(await shown({ now }), NOW)
      expect(spent.length).toBe(now === NOW ? 0 : 1)
      await proved.spend()
    }
    expect(spent).toEqual([
      [expect.stringMatching(/^dpop [\w-]{43}$/), NOW + 61],
      [expect.stringMatching(/^dpop [\w-]{43}$/), NOW + 54],
    ])
    expect(new Set(spent.map(([id]) => id)).size).toBe(2)
  })

  it('never where nothing is kept, and a bearer token has none', async () => {
    const headers = { dpop: await prover.prove({ method: 'GET', url: URL_, token }) }
    const same = await shown({}, { headers })
    expect(await twice(confirmationOf({ replay: 'none' }), same, same)).toEqual(['ok', 'ok'])
    const replay = { spend: async () => 'spent' as const }
    expect(await twice(confirmationOf({ replay }), asBearer(), asBearer())).toEqual(['ok', 'ok'])
  })

  it.each<[string, unknown]>([
    ['TypeError', new TypeError('down')],
    ['string', 'down'],
  ])('cannot be told when its memory fails by a %s: refused, unless the operator lets it in', async (name, thrown) => {
    const told: Problem[] = []
    const replay = { spend: () => Promise.reject(thrown) }
    const lack = { source: 'replay', detail: expect.stringContaining(name) }
    const spend = async (more: DpopOptions): Promise<unknown> => {
      const confirm = confirmationOf({ replay, ...more }, { tell: (problem) => told.push(problem) })
      return (await confirm.prove(await shown(), NOW)).spend()
    }
    for (const more of [{}, { onReplayFailure: 'refuse' } as const])
      await expect(spend(more)).rejects.toMatchObject({ code: 'unavailable', cause: lack })
    expect(told).toEqual([])
    await spend({ onReplayFailure: 'accept' })
    expect(told).toEqual([{ reason: 'unavailable', ...lack }])
  })

  it('never again by what a memory says that is neither', async () => {
    const replay = { spend: async () => undefined as never }
    const proved = await confirmationOf({ replay }).prove(await shown(), NOW)
    expect(await outcomeOf(proved.spend())).toBe('proof_replayed')
  })
})

describe('a nonce', () => {
  it('is asked for, taken for five minutes, and followed by another from the half on', async () => {
    for (const confirm of [confirmationOf({ nonce: SECRET }), confirmationOf({ nonce: true }, { secret: SECRET })]) {
      expect(await outcomeOf(confirm.prove(await shown(), NOW))).toBe('proof_nonce')
      expect(await outcomeOf(confirm.prove(await shown({ nonce: 'x' }), NOW))).toBe('proof_nonce')
      const nonce = String(await confirm.nonce(NOW))
      expect((await confirm.prove(await shown({ nonce }), NOW)).nonce).toBeUndefined()
      const half = NOW + 151
      const next = (await confirm.prove(await shown({ nonce, now: half }), half)).nonce
      expect(next).toMatch(/^ey/)
      expect(next).not.toBe(nonce)
      const end = NOW + 300
      expect(await outcomeOf(confirm.prove(await shown({ nonce, now: end }), end))).toBe('proof_nonce')
      expect((await confirm.prove(await shown({ nonce: String(next), now: end }), end)).nonce).toBeUndefined()
      expect((await confirm.prove(asBearer(), NOW)).nonce).toBeUndefined()
    }
  })

  it('is neither told nor looked at where none is asked for', async () => {
    for (const confirm of [confirmationOf(), confirmationOf({ nonce: false }, { secret: SECRET })]) {
      expect(await confirm.nonce(NOW)).toBeUndefined()
      expect((await confirm.prove(await shown({ nonce: 'x' }), NOW)).nonce).toBeUndefined()
    }
  })

  it('is of all servers with the same secret, issuer and resource, of whatever version, and of no others', async () => {
    const nonce =
      'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoibm9uY2UuMjA4MzMiLCJ0eXAiOiJub25jZStqd2UifQ..CRwWVZbpZ8Rm8Cyc.jSnZzV_wGDF-VjXsPSM7utrWtuzeXYsxf0MVmHyyKrANC3DGvdlK27Rd21Rnnht9OQ.7t93wGT1lLQiEktAZ-THiA'
    const of = async (parts: Parts, secret = SECRET): Promise<string> => {
      const confirm = confirmationOf({ nonce: secret }, { baseUrl: API, ...parts })
      return outcomeOf(confirm.prove(await shown({ nonce }), NOW))
    }
    expect(await of({})).toBe('ok')
    expect(await of({}, SECRET.toUpperCase())).toBe('proof_nonce')
    expect(await of({ resource: API2 })).toBe('proof_nonce')
    expect(await of({ issuer: 'https://other.example' })).toBe('proof_nonce')
  })
})

describe('the schemes', () => {
  it.each<[DpopOptions | 'off', readonly string[]]>([
    [{}, ['Bearer', 'DPoP']],
    [{ required: true }, ['DPoP']],
    ['off', ['Bearer']],
  ])('of %j are %j', (dpop, schemes) => {
    const confirm = confirmationOf(dpop)
    expect([confirm.schemes, confirm.algorithms]).toEqual([schemes, 'ES256 Ed25519 EdDSA PS256'])
    expect(confirm.explain('proof_replayed')).toContain('used before')
  })

  it('of "off" leave certificates as they are', async () => {
    const proved = await confirmationOf('off').prove(asBearer({ certificate: certificate['x5t#S256'] }), NOW)
    expect([certificate, undefined, key].map((cnf) => proved.confirms(cnf))).toEqual([true, true, false])
  })
})

describe('the options', () => {
  it.each<[string, unknown, Parts?]>([
    ['dpop', { require: true }],
    ['dpop', true],
    ['dpop', 'none'],
    ['dpop.required', { required: 'yes' }],
    ['dpop.nonce', { nonce: 1 }],
    ['dpop.nonce', { nonce: SECRET.slice(0, 31) }],
    ['dpop.nonce', { nonce: true }],
    ['dpop.replay', { replay: null }],
    ['dpop.replay', { replay: {} }],
    ['dpop.replay', { replay: 'all' }],
    ['dpop.onReplayFailure', { onReplayFailure: 'let in' }],
    ['baseUrl', {}, { baseUrl: 'api1.example' }],
  ])('say what cannot be: "%s" of %j', (name, dpop, parts) => {
    const make = (): unknown => confirmationOf(dpop as DpopOptions, parts)
    expect(make).toThrow(new RegExp(`^"${name}" \\w+ \\S`))
    expect(make).toThrow(expect.objectContaining({ name: expect.stringMatching(/^(Type|Range)Error$/) }))
  })

  it('take a secret of 32 characters, whatever they are', () => {
    for (const nonce of [SECRET.slice(0, 32), '\n'.repeat(32), `${'a'.repeat(16)}\n${'b'.repeat(15)}`])
      expect(() => confirmationOf({ nonce })).not.toThrow()
  })
})
