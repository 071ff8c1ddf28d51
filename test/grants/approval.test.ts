import { describe, expect, it } from 'vitest'
import { digestLabels } from '../../keys/digest.ts'
import {
  checkApproval,
  checkConfirmed,
  checkNotEnded,
  endApproval,
  ended,
  entitle,
  isOffline,
  nameOfKeys,
  openGrant,
  requestedOf,
  type Wish,
} from '../../src/grants/approval.ts'
import type { Approval } from '../../src/grants/approval_facts.ts'
import type { KeptProviderTokens } from '../../src/grants/provider_tokens.ts'
import type { Guard, IssuerSettings } from '../../src/index.ts'
import { TokenError } from '../../src/jose/error.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import type { Confirmation } from '../../src/token/entitlement.ts'
import type { Target } from '../../src/token/revocations.ts'
import { API, API2, ISSUER, NOW, VARS } from '../house.ts'
import { APPROVAL, createGranting, type GrantingChanges, refusalOf, whyRefused } from '../parties/granting.ts'

const USERINFO = `${ISSUER}/userinfo`

/** Settings of an OpenID provider, one of whose APIs has pairwise subjects. */
const OPENID: Partial<IssuerSettings> = {
  openid: {},
  clients: {
    ...VARS.CLIENTS,
    web: { ...VARS.CLIENTS.web, scopes: [...VARS.CLIENTS.web.scopes, 'openid', 'profile', 'offline_access'] },
  },
}
const PAIRWISE: Partial<IssuerSettings> = {
  resources: { ...VARS.RESOURCES, [API2]: { ...VARS.RESOURCES[API2], subject_type: 'pairwise' } },
  pairwiseSalt: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
}

describe('what a grant brings', () => {
  const facts = { jti: 'x', iat: NOW - 60, exp: NOW + 1 }

  it.each(['code', 'refresh'] as const)('opens as what was sealed for it: a %s', async (purpose) => {
    const { context } = createGranting()
    const envelope = await context.approvals.envelopes.seal(purpose, facts)
    expect(await openGrant(purpose, envelope, context)).toEqual(facts)
  })

  it.each(['code', 'refresh'] as const)(
    'is invalid_grant where it does not open, and says why: a %s',
    async (purpose) => {
      const { context, envelopesAt } = createGranting()
      const over = await envelopesAt(NOW).seal(purpose, { ...facts, exp: NOW })
      const other = await context.approvals.envelopes.seal(purpose === 'code' ? 'refresh' : 'code', facts)
      for (const [envelope, reason] of [
        [over, `${purpose}_expired`],
        [other, `${purpose}_unopened`],
        ['x', `${purpose}_unopened`],
      ] as const) {
        const { code, reason: why, cause } = await refusalOf(() => openGrant(purpose, envelope, context))
        expect([code, why, cause]).toEqual(['invalid_grant', reason, expect.any(TokenError)])
      }
    },
  )

  it('is not invalid because something of ours fails', async () => {
    const down = new Error('down')
    const { context } = createGranting()
    const envelopes = { ...context.approvals.envelopes, open: () => Promise.reject(down) }
    const broken = { ...context, approvals: { ...context.approvals, envelopes } }
    await expect(openGrant('code', 'x', broken)).rejects.toBe(down)
  })
})

describe('an approval', () => {
  const { client } = createGranting()

  it.each<[string, Partial<Approval>, string]>([
    ['of another client', { client_id: 'web' }, 'invalid_grant other_client'],
    ['that is over', { grant_end: NOW - 1 }, 'invalid_grant grant_ended'],
    ['that lasts for less than a minute', { grant_end: NOW + 59 }, 'invalid_grant grant_ended'],
  ])('%s is not good', async (_, changes, expected) => {
    expect(await whyRefused(() => checkApproval({ ...APPROVAL, ...changes }, client('pub'), NOW))).toBe(expected)
  })

  it('is good for its client while it lasts for a minute', () => {
    expect(() => checkApproval({ ...APPROVAL, grant_end: NOW + 60 }, client('pub'), NOW)).not.toThrow()
  })

  it('that has ended is told so', async () => {
    expect(await whyRefused(() => Promise.reject(ended()))).toBe('invalid_grant grant_ended')
  })
})

describe('the keys of a request', () => {
  const checked = (bound: Confirmation | undefined, confirmation: Confirmation | undefined) => () =>
    checkConfirmed(bound, createGranting({ context: { confirmation } }).context)

  it.each<[Confirmation | undefined, Confirmation | undefined]>([
    [undefined, undefined],
    [undefined, { jkt: 'a' }],
    [{ jkt: 'a' }, { jkt: 'a' }],
    [{ jkt: 'a' }, { jkt: 'a', 'x5t#S256': 'c' }],
    [{ 'x5t#S256': 'c' }, { 'x5t#S256': 'c' }],
  ])('are those that %j is bound to: %j', (bound, proved) => expect(checked(bound, proved)).not.toThrow())

  it.each<[Confirmation, Confirmation | undefined, string]>([
    [{ jkt: 'a' }, undefined, 'invalid_dpop_proof dpop_missing'],
    [{ jkt: 'a' }, { 'x5t#S256': 'c' }, 'invalid_dpop_proof dpop_missing'],
    [{ jkt: 'a' }, { jkt: 'b' }, 'invalid_grant wrong_key'],
    [{ 'x5t#S256': 'c' }, undefined, 'invalid_grant wrong_key'],
    [{ 'x5t#S256': 'c' }, { 'x5t#S256': 'd' }, 'invalid_grant wrong_key'],
    [{ 'x5t#S256': 'c' }, { jkt: 'a' }, 'invalid_grant wrong_key'],
    [{ jkt: 'a', 'x5t#S256': 'c' }, { jkt: 'a' }, 'invalid_grant wrong_key'],
  ])('are not those that %j is bound to: %j', async (bound, proved, expected) => {
    expect(await whyRefused(checked(bound, proved))).toBe(expected)
  })

  it('have a name: none where there are none, and another for other keys', () => {
    const keys: Confirmation[] = [{ jkt: 'a' }, { jkt: 'b' }, { 'x5t#S256': 'a' }, { jkt: 'a', 'x5t#S256': 'a' }]
    expect(new Set(keys.map(nameOfKeys)).size).toBe(keys.length)
    expect([nameOfKeys(), nameOfKeys({})]).toEqual(['', ''])
  })

  it('have the name that the families at the guard know them by', () => {
    expect(nameOfKeys({ jkt: 'a' })).toBe(digestLabels('cnf', 'a', ''))
    expect(nameOfKeys({ 'x5t#S256': 'a' })).toBe(digestLabels('cnf', '', 'a'))
  })
})

describe('an approval that may have ended', () => {
  const { gid, sid } = APPROVAL
  /** A guard that cannot ask and change at once. */
  const plain = ({ spend, advance, end, hasEnded }: Guard): Guard => ({ spend, advance, end, hasEnded })

  async function look(
    name: string | undefined,
    looking = {},
    changes: GrantingChanges = {},
    of = (guard: Guard) => guard,
  ) {
    const { context, guard } = createGranting(changes)
    if (name !== undefined) await guard.end(name, NOW + 60)
    return checkNotEnded(APPROVAL, { ...context, guard: of(guard) }, looking)
  }

  it.each<[string, string, object]>([
    ['itself', gid, {}],
    ['its session', sid, {}],
    ['itself, though it outlives its session', gid, { outlives: true }],
  ])('is refused where the guard knows of an end: of %s', async (_, name, looking) => {
    expect(await whyRefused(() => look(name, looking))).toBe('invalid_grant grant_ended')
    expect(await whyRefused(() => look(name, { ...looking, isSpentFirst: true }, {}, plain))).toBe(
      'invalid_grant grant_ended',
    )
  })

  it('lives on after its session where it outlives that', async () => {
    expect(await look(sid, { outlives: true })).toEqual([])
  })

  it('leaves nothing to be asked where the guard was asked, or there is none', async () => {
    expect(await look('another')).toEqual([])
    expect(await look('another', { isSpentFirst: true }, {}, plain)).toEqual([])
    const { context } = createGranting({ context: { guard: undefined } })
    expect(await checkNotEnded(APPROVAL, context, { isSpentFirst: true })).toEqual([])
  })

  it('leaves its names to whatever asks and spends at once', async () => {
    expect(await look(gid, { isSpentFirst: true })).toEqual([gid, sid])
    expect(await look(gid, { isSpentFirst: true, outlives: true })).toEqual([gid])
  })

  it('is held against what was revoked since, under each name that its tokens have', async () => {
    const asked: Target[] = []
    const both = { ...APPROVAL, resources: [API, API2] }
    const { context } = createGranting({
      settings: PAIRWISE,
      context: { isRevoked: async (target) => asked.push(target) < 0 },
    })
    const names = context.approvals.pairwise.namesOf('gid', gid, [context.resources.get(API2)])
    expect(names).toHaveLength(2)
    expect(await checkNotEnded(both, context, { isSpentFirst: true })).toEqual([...names, sid])
    const { sub, client_id, approved_at: iat } = APPROVAL
    expect(asked).toEqual(names.map((name) => ({ gid: name, sub, client_id, iat })))
    for (const dead of names) {
      const revoked = { ...context, isRevoked: async (target: Target) => target.gid === dead }
      expect(await whyRefused(() => checkNotEnded(both, revoked))).toBe('invalid_grant grant_ended')
    }
  })

  it('ends under all of its names until it would have ended, and so does what a provider gave for it', async () => {
    const dropped: string[] = []
    const providerTokens = { drop: async (one: string) => void dropped.push(one) } as unknown as KeptProviderTokens
    const { context, guard } = createGranting({ settings: PAIRWISE, approvals: { providerTokens } })
    const [own = '', other = ''] = context.approvals.pairwise.namesOf('gid', gid)
    const ends: unknown[] = []
    const noting = { ...guard, end: async (...given: Parameters<Guard['end']>) => void ends.push(given) }
    await endApproval(APPROVAL, { ...context, guard: noting })
    expect(ends).toEqual([
      [own, APPROVAL.grant_end],
      [other, APPROVAL.grant_end],
    ])
    expect([own, dropped]).toEqual([gid, [gid]])
  })

  it('ends nothing where nothing remembers', async () => {
    const { context } = createGranting({ context: { guard: undefined } })
    await expect(endApproval(APPROVAL, context)).resolves.toBeUndefined()
  })
})

describe('what is asked for of an approval', () => {
  const { client } = createGranting()

  it.each<[string | undefined, boolean, readonly string[]]>([
    [undefined, true, ['read', 'write']],
    [undefined, false, ['read', 'write']],
    ['read', true, ['read']],
    ['read', false, ['read']],
    ['read admin', true, ['read', 'admin']],
    ['read admin', false, ['read']],
    ['admin', false, []],
  ])('by scope %s of a client that is strict (%s) is %j', (asked, scopesStrict, expected) => {
    expect(requestedOf(APPROVAL, asked, client('pub', { scopesStrict }))).toEqual(expected)
  })
})

describe('an approval outlives its session', () => {
  const offline = { ...APPROVAL, scope: ['openid', 'offline_access'] }

  it('where the person let it, the client may, and there are persons to be told of', () => {
    const { client, context } = createGranting({ settings: OPENID })
    expect(isOffline(offline, client('web'), context)).toBe(true)
    expect(isOffline({ ...offline, scope: ['openid'] }, client('web'), context)).toBe(false)
    expect(isOffline(offline, client('pub'), context)).toBe(false)
    const web = client('web')
    expect(isOffline(offline, web, createGranting().context)).toBe(false)
  })
})

/** Authorization details, as a request has them and as they are approved. */
const PAYMENT = { type: 'payment', amount: { value: '1.00', currency: 'EUR' }, creditorName: 'Bob' }
const ACCOUNT = { type: 'account', actions: ['balance'] }
const paying = { detail: PAYMENT, at: [API] }
const seeing = { detail: ACCOUNT, at: [API, API2] }

describe('a token of an approval', () => {
  interface Case extends GrantingChanges {
    readonly approval?: Partial<Approval>
    readonly wish?: Partial<Wish>
    readonly client?: Partial<Client>
  }
  const wants = ({ approval, wish, client, ...changes }: Case) => {
    const granting = createGranting(changes)
    const asked = { resources: [], scope: undefined, details: undefined, ...wish }
    const given = { ...APPROVAL, client_id: 'web', ...approval }
    return entitle(given, asked, granting.client('web', client), granting.context)
  }
  const both = { scope: ['read', 'mail'], resources: [API, API2] }

  it('is what was approved, as long as tokens of the resource live', () => {
    const { jti, ...entitlement } = wants({})
    expect(entitlement).toEqual({
      sub: 'alice',
      client_id: 'web',
      aud: API,
      scope: ['read', 'write'],
      iat: NOW,
      exp: NOW + 600,
      gid: APPROVAL.gid,
      claims: {},
    })
    expect(jti).toMatch(/^[\w-]{22}$/)
  })

  it('lives no longer than its approval, and no longer than tokens of the resource', () => {
    expect(wants({ approval: { grant_end: NOW + 61 } }).exp).toBe(NOW + 61)
    expect(wants({ approval: { ...both, grant_end: NOW + 301 }, wish: { resources: [API2] } }).exp).toBe(NOW + 300)
  })

  it('says how the person logged in', () => {
    const login = { auth_time: NOW - 9, acr: 'mfa', amr: ['pwd'] }
    expect(wants({ approval: login })).toMatchObject(login)
  })

  it.each<[string, Case, string, readonly string[]]>([
    ['the only resource', {}, API, ['read', 'write']],
    ['that which is named', { approval: both, wish: { resources: [API2] } }, API2, ['read', 'mail']],
    ['that which is named in another spelling', { approval: both, wish: { resources: [`${API}/`] } }, API, ['read']],
    ['the same, named twice', { approval: both, wish: { resources: [API2, API2] } }, API2, ['read', 'mail']],
    ['less scope', { wish: { scope: 'write' } }, API, ['write']],
    ['what the client may still have', { client: { scopes: new Set(['write']) } }, API, ['write']],
    ['the resource that is left', { approval: { resources: ['https://gone.example', API] } }, API, ['read', 'write']],
    [
      'more than was approved, by habit',
      { wish: { scope: 'read mail' }, client: { scopesStrict: false } },
      API,
      ['read'],
    ],
  ])('is for %s', (_, asked, aud, scope) => expect(wants(asked)).toMatchObject({ aud, scope }))

  it.each<[string, Case, string]>([
    ['for several resources at once', { approval: both }, 'invalid_target target'],
    ['for several that are named', { approval: both, wish: { resources: [API, API2] } }, 'invalid_target target'],
    ['for one that was not approved', { wish: { resources: [API2] } }, 'invalid_target target'],
    ['for one of those beside', { wish: { resources: [API, API2] } }, 'invalid_target target'],
    ['for one that nobody knows', { wish: { resources: ['https://x.example'] } }, 'invalid_target target'],
    ['for one that the client has no more', { client: { resources: new Set([API2]) } }, 'invalid_target target'],
    [
      'for one that is there no more',
      { approval: { resources: ['https://gone.example'] }, client: { resources: new Set(['https://gone.example']) } },
      'invalid_target unknown_resource',
    ],
    [
      'for one that is named, and there no more',
      { approval: { resources: [API, 'https://gone.example'] }, wish: { resources: ['https://gone.example'] } },
      'invalid_target unknown_resource',
    ],
    [
      'for several, one of which is there no more',
      { approval: { resources: [API, 'https://gone.example'] }, wish: { resources: [API, 'https://gone.example'] } },
      'invalid_target unknown_resource',
    ],
    [
      'for one that the client has no more, beside one that is there no more',
      {
        approval: { resources: [API, 'https://gone.example'] },
        wish: { resources: [API] },
        client: { resources: new Set([API2]) },
      },
      'invalid_target target',
    ],
    ['with more scope than was approved', { wish: { scope: 'read mail' } }, 'invalid_scope scope'],
    ['with scope that is none', { wish: { scope: 'read  write' } }, 'invalid_scope scope'],
    ['with nothing that is left', { client: { scopes: new Set(['mail']) } }, 'invalid_scope scope'],
    [
      'with nothing that the resource knows',
      { approval: { ...both, scope: ['mail'] }, wish: { resources: [API] } },
      'invalid_scope scope',
    ],
  ])('is not given %s', async (_, asked, expected) => expect(await whyRefused(() => wants(asked))).toBe(expected))

  it.each<[string, Case, string, readonly unknown[] | undefined, readonly string[]]>([
    [
      'all that were approved',
      { approval: { details: [paying, seeing] }, wish: { resources: [API] } },
      API,
      [PAYMENT, ACCOUNT],
      ['read', 'write'],
    ],
    [
      'those of the resource alone',
      { approval: { ...both, details: [paying, seeing] }, wish: { resources: [API2] } },
      API2,
      [ACCOUNT],
      ['read', 'mail'],
    ],
    [
      'those that are asked for',
      { approval: { details: [paying, seeing] }, wish: { resources: [API], details: JSON.stringify([ACCOUNT]) } },
      API,
      [ACCOUNT],
      ['read', 'write'],
    ],
    [
      'those that are asked for, where these are for',
      { approval: { ...both, details: [paying] }, wish: { details: JSON.stringify([PAYMENT]) } },
      API,
      [PAYMENT],
      ['read'],
    ],
    [
      'those that the client may still have',
      {
        approval: { details: [paying, seeing] },
        wish: { resources: [API] },
        client: { detailTypes: new Set(['account']) },
      },
      API,
      [ACCOUNT],
      ['read', 'write'],
    ],
    [
      'those alone, where the scope was for another resource',
      { approval: { resources: [], scope: ['read'], details: [paying] } },
      API,
      [PAYMENT],
      [],
    ],
    ['none, where none were approved', {}, API, undefined, ['read', 'write']],
  ])('has details: %s', (_, asked, aud, details, scope) => {
    const token = wants(asked)
    expect([token.aud, token.authorization_details, token.scope]).toEqual([aud, details, scope])
  })

  it.each<[string, Case, string]>([
    [
      'for a detail that is for another resource',
      { approval: { ...both, details: [paying] }, wish: { resources: [API2], details: JSON.stringify([PAYMENT]) } },
      'invalid_authorization_details details',
    ],
    [
      'for a detail beside one that is for another resource',
      {
        approval: { ...both, details: [paying, seeing] },
        wish: { resources: [API2], details: JSON.stringify([ACCOUNT, PAYMENT]) },
      },
      'invalid_authorization_details details',
    ],
    [
      'for details at several resources',
      { approval: { ...both, details: [seeing] }, wish: { details: JSON.stringify([ACCOUNT]) } },
      'invalid_target target',
    ],
    [
      'for a detail that was not approved',
      { approval: { details: [seeing] }, wish: { details: JSON.stringify([PAYMENT]) } },
      'invalid_authorization_details details',
    ],
  ])('is not given %s', async (_, asked, expected) => expect(await whyRefused(() => wants(asked))).toBe(expected))

  it.each<[string, Partial<Approval>, Partial<Wish>, string]>([
    ['the issuer’s own, where nothing else was approved', { scope: ['openid'], resources: [USERINFO] }, {}, USERINFO],
    ['the API at which something may be had', { scope: ['openid', 'read'], resources: [API, USERINFO] }, {}, API],
    [
      'the issuer’s own, where the API gives nothing',
      { scope: ['openid', 'mail'], resources: [API, USERINFO] },
      {},
      USERINFO,
    ],
    [
      'the issuer’s own, where several APIs give',
      { scope: ['openid', 'read', 'mail'], resources: [API, API2, USERINFO] },
      {},
      USERINFO,
    ],
    [
      'the issuer’s own, where that alone is asked for',
      { scope: ['openid', 'read'], resources: [API, USERINFO] },
      { scope: 'openid' },
      USERINFO,
    ],
    [
      'the API that is asked for',
      { scope: ['openid', 'mail'], resources: [API, API2, USERINFO] },
      { scope: 'mail' },
      API2,
    ],
    ['the API of a detail', { scope: ['openid'], resources: [USERINFO], details: [paying] }, {}, API],
    [
      'the issuer’s own, where details are at several',
      { scope: ['openid'], resources: [USERINFO], details: [seeing] },
      {},
      USERINFO,
    ],
    [
      'that which is named',
      { scope: ['openid', 'read'], resources: [API, USERINFO] },
      { resources: [USERINFO] },
      USERINFO,
    ],
  ])('of an OpenID provider is for %s', (_, approval, wish, aud) => {
    expect(wants({ settings: OPENID, approval, wish }).aud).toBe(aud)
  })

  it('of what was an OpenID provider goes on for the API', () => {
    expect(wants({ approval: { scope: ['openid', 'read'], resources: [API, USERINFO] } }).aud).toBe(API)
  })

  it('for the issuer’s own resource carries what may be told of the person, and no other does', () => {
    const approval = { scope: ['openid', 'profile', 'read'], resources: [API, USERINFO], claims: { name: 'Alice' } }
    const told = wants({ settings: OPENID, approval, wish: { resources: [USERINFO] } })
    expect([told.claims, told.scope]).toEqual([{ userinfo: { name: 'Alice' } }, ['openid', 'profile']])
    expect(wants({ settings: OPENID, approval }).claims).toEqual({})
  })
})
