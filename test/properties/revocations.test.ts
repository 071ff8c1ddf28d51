import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { MOST_OF_A_GROUP } from '../../src/stores/revocation_list.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { sealMarked } from '../../src/token/mark.ts'
import { API, ISSUER, NOW, testIssuer, testRing, tokenRequest, VARS } from '../fixtures.ts'
import { createApp, createPerson, type FullAnswer, REQUESTS, readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'
import { FRONT } from '../parties/trusted.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
const leaves = (resource: string) => keyring.leavesFor('access', resource, 'A256GCM', 600)
const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)
const CLIENTS = {
  ...VARS.CLIENTS,
  pub: { ...VARS.CLIENTS.pub, resources: [API, FRONT] },
  web: { ...VARS.CLIENTS.web, resources: [API, FRONT] },
} as IssuerSettings['clients']

/** An issuer, those who must not be harmed, and what was issued to them. */
async function setUp() {
  let now = NOW
  let names = 0
  const revocations = createMemoryRevocations('salt')
  const guard = createMemoryGuard(() => now)
  const issuer = testIssuer({ now: () => now, clients: CLIENTS, guard, revocations })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const approve = async (name: string): Promise<FullAnswer> => {
    const person = createPerson(ask, { name, now: () => now })
    const code = (await person.answer('allow', { ...REQUESTS['pub'], resource: API })).searchParams.get('code') ?? ''
    return readAnswer(await createApp(ask).redeem(code))
  }
  const bob = await approve('bob')
  const one = await readAnswer(await ask(tokenRequest({ client: 'one' })))
  const { gid } = (await (await ask(formRequest('/introspect', 'api-server', { token: bob.access_token }))).json()) as {
    gid: string
  }
  /** What somebody says who can make tokens for one resource: anything but whose it is not. */
  const claims = (client_id: string, aud: string, about: string): Entitlement => ({
    ...{
      client_id,
      aud,
      scope: ['read'],
      iat: now,
      exp: now + 500,
      jti: `token ${++names}`,
      auth_time: now,
      claims: {},
    },
    ...(about === 'itself' ? { sub: `client:${client_id}` } : { sub: about === 'many' ? `p${names}` : 'bob', gid }),
  })
  return {
    ask,
    approve,
    bob,
    one,
    revocations,
    now: () => now,
    wait: (seconds: number) => {
      now += seconds
    },
    forge: (client: string, about: string) => sealDirect(claims(client, API, about), ISSUER, leaves(API), now),
    mark: (client: string, about: string) =>
      sealMarked(claims(client, FRONT, about), ISSUER, leaves(FRONT), marks, now),
    introspect: async (token: string) =>
      (await (await ask(formRequest('/introspect', 'api-server', { token }))).json()) as { active: boolean },
  }
}
type World = Awaited<ReturnType<typeof setUp>>

/** What a set of clients does, each as often as it likes. */
interface Step {
  readonly who: 'service' | 'web' | 'gateway' | 'alice' | 'forger'
  readonly about: 'itself' | 'many' | 'bob'
  readonly times: number
}
const steps = fc.array(
  fc.record<Step>({
    who: fc.constantFrom('service', 'web', 'gateway', 'alice', 'forger'),
    about: fc.constantFrom('itself', 'many', 'bob'),
    times: fc.integer({ min: 1, max: 2 * MOST_OF_A_GROUP }),
  }),
  { maxLength: 8 },
)

async function act({ ask, approve, forge, mark }: World, { who, about }: Step): Promise<Response> {
  switch (who) {
    case 'service': {
      const { access_token: token } = await readAnswer(await ask(tokenRequest()))
      return ask(formRequest('/revoke', 'service', { token }))
    }
    // It has the export of a resource server, too.
    case 'web':
      return ask(formRequest('/revoke', 'web', { token: await forge('web', about) }))
    // It exchanges whatever it is shown.
    case 'gateway':
      return ask(formRequest('/revoke', 'gateway', { token: await mark('gateway', about) }))
    case 'alice': {
      const { refresh_token: token = '' } = await approve('alice')
      return ask(formRequest('/revoke', undefined, { token, client_id: 'pub' }))
    }
    case 'forger':
      return ask(formRequest('/revoke', undefined, { token: await forge('pub', about), client_id: 'pub' }))
  }
}

// promise: P01
it('whatever any set of clients revokes, the tokens of others go on, and other people of a public client can log out', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (done) => {
      const world = await setUp()
      const { ask, bob, one, revocations, introspect, now, wait } = world
      for (const step of done)
        for (let time = 0; time < step.times; time++) expect((await act(world, step)).status).toBeLessThan(500)
      const { events } = await revocations.read(now(), 'anything')
      // Many different people are the one thing that does not fold; the client that says so is counted.
      const many = done.filter(({ who, about }) => about === 'many' && (who === 'web' || who === 'gateway'))
      const most = 4 * (MOST_OF_A_GROUP + 1) * 2 + many.reduce((sum, { times }) => sum + times, 0)
      expect(Object.values(events).flatMap((of) => Object.keys(of)).length).toBeLessThanOrEqual(most)
      wait(6)
      expect(await introspect(one.access_token)).toMatchObject({ active: true })
      expect(await introspect(bob.access_token)).toMatchObject({ active: true })
      const refreshed = await readAnswer(await createApp(ask).refresh(bob.refresh_token ?? ''))
      expect(await introspect(refreshed.access_token)).toMatchObject({ active: true })
      const token = refreshed.refresh_token ?? ''
      expect((await ask(formRequest('/revoke', undefined, { token, client_id: 'pub' }))).status).toBe(200)
      wait(6)
      expect(await introspect(refreshed.access_token)).toEqual({ active: false })
      expect((await readAnswer(await createApp(ask).refresh(token))).error).toBe('invalid_grant')
    }),
    { numRuns: 15 },
  )
})
