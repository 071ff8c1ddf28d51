import { describe, expect, it } from 'vitest'
import type { Approval } from '../../src/grants/approval_facts.ts'
import { deviceCode } from '../../src/grants/device_code.ts'
import type { Decision } from '../../src/grants/grant.ts'
import { createWaitingDevices, GRACE, type WaitingFacts } from '../../src/grants/waiting_devices.ts'
import type { IssuerSettings } from '../../src/index.ts'
import { TokenError } from '../../src/jose/error.ts'
import { DEVICE_LIFE } from '../../src/protocol/user_code.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { createMemoryGuard } from '../../src/stores/guard_memory.ts'
import type { Confirmation } from '../../src/token/entitlement.ts'
import { API, API2, NOW } from '../house.ts'
import { DEVICE_CLIENTS, DEVICE_CODE } from '../parties/device_clients.ts'
import { APPROVAL, createGranting, parametersOf, refusalOf, whyRefused } from '../parties/granting.ts'
import type { Changes } from '../parties/person.ts'

const SETTINGS: Partial<IssuerSettings> = { clients: DEVICE_CLIENTS }

/** A poll of the device; by default right after the person said yes. */
interface Poll {
  /** Seconds since the request. */
  readonly after?: number
  readonly form?: Changes
  readonly id?: string
  readonly client?: Partial<Client>
  readonly confirmation?: Confirmation
  readonly isRevoked?: boolean
}

/** A device that has asked for a code, with these keys. */
async function setUp(cnf?: Confirmation, client_id = 'pub', settings = SETTINGS) {
  // One guard for all instants: what lies there stays.
  const guard = createMemoryGuard(() => NOW, { single: true })
  const granting = (poll: Poll = {}) => {
    const { after = 0, confirmation, isRevoked = false } = poll
    return createGranting({
      settings,
      context: { now: NOW + after, guard, confirmation, isRevoked: async () => isRevoked },
    })
  }
  const { context, envelopesAt } = granting()
  const devices = createWaitingDevices({ guard, envelopes: envelopesAt(NOW), now: NOW, newId: context.newId })
  const { userCode, deviceCode: code } = await devices.leave({ client_id, parameters: 'scope=read' }, cnf)
  const find = async () => (await devices.find(userCode)) as NonNullable<Awaited<ReturnType<typeof devices.find>>>
  const answer = async (changes: Partial<WaitingFacts>): Promise<boolean> => devices.replace(await find(), changes)
  const poll = async (asked: Poll = {}): Promise<Decision> => {
    const { context, client } = granting(asked)
    const form = parametersOf({ device_code: code, ...asked.form })
    return deviceCode.decide(form, client(asked.id ?? client_id, asked.client), context)
  }
  const approve = (changes: Partial<Approval> = {}) =>
    answer({ state: 'approved', approval: { ...APPROVAL, client_id, ...changes } })
  return { guard, userCode, code, find, answer, approve, poll }
}

describe('a device', () => {
  it('asks by the grant type of RFC 8628', () => expect(deviceCode.type).toBe(DEVICE_CODE))

  it('is told to wait while nobody has answered, and to slow down where it asks too early (§3.5)', async () => {
    const { poll } = await setUp()
    for (const after of [0, 5])
      expect(await whyRefused(() => poll({ after }))).toBe('authorization_pending device_pending')
    const { code, reason, status, retryAfter, message } = await refusalOf(() => poll({ after: 9 }))
    expect([code, reason, status, retryAfter]).toEqual(['slow_down', 'device_early', 400, 10])
    expect(message).toContain('10')
    expect(await whyRefused(() => poll({ after: 19 }))).toBe('authorization_pending device_pending')
  })

  it('is told that the person said no', async () => {
    const { poll, answer } = await setUp()
    await answer({ state: 'denied' })
    expect(await whyRefused(poll)).toBe('access_denied person_denied')
  })

  it.each([
    ['asked', 'authorization_pending device_pending'],
    ['denied', 'access_denied person_denied'],
    ['approved', undefined],
  ] as const)('is told that its code is over, where it was %s, and not before', async (state, before) => {
    const { poll, answer } = await setUp()
    await answer({ state, ...(state === 'approved' ? { approval: APPROVAL } : {}) })
    const early = () => poll({ after: DEVICE_LIFE - 1 })
    if (before === undefined) await expect(early()).resolves.toHaveProperty('entitlement')
    else expect(await whyRefused(early)).toBe(before)
    expect(await whyRefused(() => poll({ after: DEVICE_LIFE }))).toBe('expired_token code_expired')
  })

  it('is told that its code is over where another request has its user code, or none', async () => {
    const { poll, answer } = await setUp()
    await answer({ jti: 'another' })
    expect(await whyRefused(poll)).toBe('expired_token code_expired')
    const other = await setUp()
    const empty = createMemoryGuard(() => NOW, { single: true })
    const { context, client } = createGranting({ settings: SETTINGS, context: { guard: empty } })
    const form = parametersOf({ device_code: other.code })
    expect(await whyRefused(() => deviceCode.decide(form, client('pub'), context))).toBe('expired_token code_expired')
  })

  it('is told why its code does not open', async () => {
    const { poll } = await setUp()
    const [none, late] = [
      await refusalOf(() => poll({ form: { device_code: 'x' } })),
      await refusalOf(() => poll({ after: DEVICE_LIFE + 86_400 })),
    ]
    expect([none.code, none.reason, none.cause]).toEqual(['invalid_grant', 'code_unopened', expect.any(TokenError)])
    expect([late.code, late.reason, late.cause]).toEqual(['invalid_grant', 'code_expired', expect.any(TokenError)])
    expect(await whyRefused(() => poll({ form: { device_code: undefined } }))).toBe('invalid_request malformed')
  })

  it('is not told that its code is wrong because something of ours fails', async () => {
    const { context, client } = createGranting({ settings: SETTINGS })
    const down = new Error('down')
    const envelopes = { ...context.approvals.envelopes, openLate: () => Promise.reject(down) }
    const broken = { ...context, approvals: { ...context.approvals, envelopes } }
    const form = parametersOf({ device_code: 'x' })
    await expect(async () => deviceCode.decide(form, client('pub'), broken)).rejects.toBe(down)
  })

  it.each<[string, Poll, string]>([
    ['another client', { id: 'web' }, 'invalid_grant other_client'],
    ['another resource', { form: { resource: API2 } }, 'invalid_target target'],
    [
      'another detail',
      { form: { authorization_details: '[{"type":"payment"}]' } },
      'invalid_authorization_details details',
    ],
    ['somebody who was revoked', { isRevoked: true }, 'invalid_grant grant_ended'],
  ])('is given nothing for %s', async (_, asked, expected) => {
    const { poll, approve, find } = await setUp()
    await approve()
    expect(await whyRefused(() => poll(asked))).toBe(expected)
    expect((await find()).facts.state).toBe('approved')
  })

  it('of another client is told nothing of a request that waits', async () => {
    const { poll } = await setUp()
    expect(await whyRefused(() => poll({ id: 'web' }))).toBe('invalid_grant other_client')
  })

  it('is given nothing by an approval that is over, or of another', async () => {
    const { poll, approve } = await setUp()
    await approve({ grant_end: NOW + 59 })
    expect(await whyRefused(poll)).toBe('invalid_grant grant_ended')
    const other = await setUp()
    await other.approve({ client_id: 'web' })
    expect(await whyRefused(other.poll)).toBe('invalid_grant other_client')
  })

  it('is given nothing without the key that was proved with its request', async () => {
    const { poll, approve } = await setUp({ jkt: 'a' })
    await approve()
    expect(await whyRefused(poll)).toBe('invalid_dpop_proof dpop_missing')
    expect(await whyRefused(() => poll({ confirmation: { jkt: 'b' } }))).toBe('invalid_grant wrong_key')
    expect((await poll({ confirmation: { jkt: 'a' } })).entitlement.sub).toBe('alice')
  })
})

describe('a device that a person let in', () => {
  it('is given what was approved, and a refresh token', async () => {
    const { poll, approve } = await setUp()
    await approve({ claims: { name: 'Alice' } })
    const { spend, entitlement, ...others } = await poll({ form: { scope: 'admin' } })
    expect(entitlement).toMatchObject({ sub: 'alice', client_id: 'pub', aud: API, scope: ['read', 'write'] })
    const claims = { name: 'Alice' }
    expect(others).toEqual({ refresh: { ...APPROVAL, claims, generation: 0 }, person: claims })
    expect(spend).toEqual(expect.any(Function))
  })

  it('is given no refresh token that it may not use', async () => {
    const { poll, approve } = await setUp()
    await approve()
    expect(await poll({ client: { grantTypes: new Set([DEVICE_CODE]) } })).not.toHaveProperty('refresh')
  })

  it('is told who, where it asks an OpenID provider', async () => {
    const clients = { ...DEVICE_CLIENTS, pub: { ...DEVICE_CLIENTS.pub, scopes: ['read', 'openid'] } }
    const { poll, approve } = await setUp(undefined, 'pub', { openid: {}, clients })
    await approve({ scope: ['read', 'openid'] })
    expect((await poll()).login).toMatchObject({ sub: 'alice', sid: APPROVAL.sid })
  })

  it('is given it again for half a minute, as the answer may be lost, and once more ends it all', async () => {
    const { poll, approve, guard, find } = await setUp()
    await approve()
    await (await poll()).spend?.()
    expect((await find()).facts).toMatchObject({ state: 'given', given_at: NOW, given_to: '' })
    await (await poll({ after: GRACE })).spend?.()
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(false)
    const { spend } = await poll({ after: GRACE + 1 })
    expect(await whyRefused(() => spend?.())).toBe('invalid_grant code_replayed')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(true)
    expect(await whyRefused(poll)).toBe('invalid_grant grant_ended')
  })

  it('is given it again though its code is over meanwhile', async () => {
    const { poll, approve } = await setUp()
    await approve()
    await (await poll({ after: DEVICE_LIFE - 1 })).spend?.()
    await expect((await poll({ after: DEVICE_LIFE + 5 })).spend?.()).resolves.toBeUndefined()
  })

  it('is given it again by a clock that is behind, but not by any', async () => {
    const { poll, approve } = await setUp()
    await approve()
    await (await poll({ after: GRACE + 1 })).spend?.()
    await expect((await poll({ after: 1 })).spend?.()).resolves.toBeUndefined()
    const { spend } = await poll()
    expect(await whyRefused(() => spend?.())).toBe('invalid_grant code_replayed')
  })

  it('is given it again with the same keys alone', async () => {
    const { poll, approve, guard } = await setUp()
    await approve()
    await (await poll({ confirmation: { jkt: 'a' } })).spend?.()
    await (await poll({ confirmation: { jkt: 'a' } })).spend?.()
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(false)
    const { spend } = await poll({ confirmation: { jkt: 'b' } })
    expect(await whyRefused(() => spend?.())).toBe('invalid_grant code_replayed')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(true)
  })

  it('of two that come at once both are given it, where they have the same keys', async () => {
    const { poll, approve } = await setUp()
    await approve()
    const [one, other, third] = [await poll(), await poll(), await poll({ confirmation: { jkt: 'a' } })]
    await one.spend?.()
    await expect(other.spend?.()).resolves.toBeUndefined()
    expect(await whyRefused(() => third.spend?.())).toBe('invalid_grant code_replayed')
  })

  it('is given nothing where something else lies there meanwhile', async () => {
    const { poll, approve, answer, guard } = await setUp()
    await approve()
    const { spend } = await poll()
    await answer({ state: 'denied' })
    expect(await whyRefused(() => spend?.())).toBe('invalid_grant code_replayed')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(true)
    const gone = await setUp()
    await gone.approve()
    const late = await gone.poll()
    const { envelope } = await gone.find()
    await gone.guard.swap(`device ${gone.userCode}`, envelope, 'x', NOW + 60)
    expect(await whyRefused(() => late.spend?.())).toBe('invalid_grant code_replayed')
  })
})
