import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import type { IssuerSettings } from '../../src/index.ts'
import type { Actor, Entitlement } from '../../src/token/entitlement.ts'
import { sealMarked } from '../../src/token/mark.ts'
import { basic, ISSUER, NOW, openEntitlement, SECRETS, testIssuer, testRing, VARS } from '../fixtures.ts'
import { formOf } from '../parties/person.ts'
import { ACCESS_TOKEN, FRONT, INNER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
const leaves = (resource: string) => keyring.leavesFor('access', resource, 'A256GCM', 600)
const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)
const seal = (entitlement: Entitlement): Promise<string> => sealMarked(entitlement, ISSUER, leaves(FRONT), marks, NOW)

/** How many act. */
const depth = (act: Actor | undefined): number => (act === undefined ? 0 : 1 + depth(act.act))
const chain = (length: number): Actor | undefined => {
  const before = length > 1 ? chain(length - 1) : undefined
  return length === 0 ? undefined : { sub: `actor ${length}`, ...(before === undefined ? {} : { act: before }) }
}

const BASE = { client_id: 'shop', aud: FRONT, iat: NOW, jti: 'x', claims: {} }
const TOKENS = ['read', 'stock', 'deploy'] as const
const scopes = fc.uniqueArray(fc.constantFrom(...TOKENS, 'write'), { minLength: 1 })
const given = fc.record({
  scope: scopes,
  life: fc.integer({ min: 1, max: 600 }),
  acting: fc.integer({ min: 0, max: 5 }),
  actorLife: fc.option(fc.integer({ min: 1, max: 600 })),
  impersonation: fc.boolean(),
  needs: fc.dictionary(fc.constantFrom(...TOKENS), fc.constantFrom(...TOKENS, 'write')),
  wish: fc.option(scopes),
})

describe('token exchange, whatever is brought and whatever the rules are (d.2)', () => {
  // promise: I04
  it('gives never more than was brought, and exactly what the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(given, async ({ scope, life, acting, actorLife, impersonation, needs, wish }) => {
        const rule = { from: [FRONT], to: [INNER], scopes: needs, impersonation }
        const clients = { ...VARS.CLIENTS, gateway: { ...VARS.CLIENTS.gateway, exchange: [rule] } }
        const issuer = testIssuer({ clients: clients as IssuerSettings['clients'] })
        const act = chain(acting)
        const exp = NOW + life
        const subject = { ...BASE, sub: 'alice', scope, exp, gid: 'g', ...(act === undefined ? {} : { act }) }
        const own = {
          ...BASE,
          sub: 'client:gateway',
          client_id: 'gateway',
          scope: ['read'],
          exp: NOW + (actorLife ?? 1),
        }
        const form = {
          grant_type: TOKEN_EXCHANGE,
          subject_token: await seal(subject),
          subject_token_type: ACCESS_TOKEN,
          resource: INNER,
          actor_token: actorLife === null ? undefined : await seal(own),
          actor_token_type: actorLife === null ? undefined : ACCESS_TOKEN,
          scope: wish?.join(' '),
        }
        const headers = { authorization: basic('gateway', SECRETS.gateway) }
        const request = new Request(`${ISSUER}/token`, { method: 'POST', headers, body: formOf(form) })
        const response = await issuer.fetch(request)
        const answer = (await response.json()) as { error?: string; access_token: string }

        const allowed = TOKENS.filter((token) => scope.some((one) => one === needs[token]))
        const wished = wish ?? allowed
        const length = acting + (actorLife === null ? 0 : 1)
        const expected =
          (actorLife === null && !impersonation) || (actorLife !== null && length > 4)
            ? 'invalid_request'
            : wished.length === 0 || !wished.every((token) => allowed.some((one) => one === token))
              ? 'invalid_scope'
              : undefined
        expect(answer.error).toBe(expected)
        if (expected !== undefined) return

        const limits = { now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
        const opened = await openEntitlement(answer.access_token, leaves(INNER), {
          issuer: ISSUER,
          resource: INNER,
          ...limits,
        })
        expect(opened).toMatchObject({ sub: 'alice', client_id: 'gateway', gid: 'g' })
        expect(new Set(opened.scope)).toEqual(new Set(wished))
        expect(opened.exp).toBe(Math.min(exp, actorLife === null ? exp : NOW + actorLife))
        expect(depth(opened.act)).toBe(length)
      }),
      { numRuns: 150 },
    )
  })
})
