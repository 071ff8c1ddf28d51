/**
 * Resource servers: verifiers as users make them, two of which hear of revocations, and one does not. They are shown what was handed out, and look
 * longest at what may be revoked.
 *
 * @module
 */

import { createVerifier, remoteKeys, type Verifier } from '../../src/verifier/index.ts'
import { askedOf, type Seen, type World } from './asking.ts'
import type { Break } from './breaks.ts'
import type { Fetched } from './history.ts'
import { API, SERVER } from './settings.ts'

/** Milliseconds beyond a token's end for which it is shown. */
const BEYOND = 5_000

/** Returns a verifier's way to the issuer: the balancer's, as everybody's. What it asks for is told to the history. */
const fetchOf =
  (world: World, by: string) =>
  async (url: string, init?: RequestInit): Promise<Response> => {
    const heard = await world.front.ask(new Request(url, init))
    const of = new URL(url).pathname.slice(1) as Fetched['of']
    world.recorder.write({ what: 'fetched', ...askedOf(by, heard), of })
    const { status, headers, text } = heard
    if (status === 0) throw new TypeError('the connection broke')
    return new Response([204, 304].includes(status) ? null : text, { status, headers })
  }

function createOne(world: World, name: string, hears: boolean): Verifier {
  const { issuer } = world
  const fetch = fetchOf(world, name)
  return createVerifier({
    issuer,
    resource: API,
    fetch,
    // The clocks of issuers jump by up to 25 seconds here; the default is 10.
    clockTolerance: 30,
    keys: remoteKeys({
      url: `${issuer}/keys`,
      clientId: SERVER.id,
      clientSecret: SERVER.secret,
      // Less than the ring's propagation, as it must be.
      every: 10,
      fetch,
    }),
    onProblem: () => {},
    ...(hears && { revocations: { url: `${issuer}/revocations` } }),
  })
}

async function show(world: World, name: string, verifier: Verifier, hears: boolean, seen: Seen): Promise<void> {
  const { token, prover } = seen
  const url = `${API}/orders`
  const now = Math.floor(Date.now() / 1000)
  const headers =
    prover === undefined
      ? { authorization: `Bearer ${token}` }
      : { authorization: `DPoP ${token}`, dpop: await prover.prove({ method: 'GET', url, token, now }) }
  const at = world.recorder.now()
  const told = await verifier.verify(new Request(url, { headers }))
  const status = told.ok ? 200 : told.response.status
  world.recorder.write({
    ...{ what: 'opened', at, until: world.recorder.now(), by: name, to: name, status, access: seen.name, hears },
    ...(!told.ok && { error: told.reason }),
  })
}

/** Shows verifiers what was handed out. */
export async function runVerifiers(world: World, broken: Break | undefined): Promise<void> {
  const isDeaf = broken === 'deaf-verifier'
  const verifiers = [
    { name: 'api-1', hears: true, verifier: createOne(world, 'api-1', !isDeaf) },
    { name: 'api-2', hears: true, verifier: createOne(world, 'api-2', !isDeaf) },
    { name: 'api-3', hears: false, verifier: createOne(world, 'api-3', false) },
  ]
  await Promise.all(
    verifiers.map(async ({ name, hears, verifier }) => {
      const chance = world.chance(name)
      while (!world.isOver()) {
        await world.pause(chance.integer(100, 500))
        const { seen, suspects, recorder } = world
        const isOld = (one: Seen | undefined): boolean => one !== undefined && one.end + BEYOND < recorder.now()
        while (isOld(seen[0])) seen.shift()
        if (seen.length === 0) continue
        const suspected = chance.oneIn(2) ? seen.filter(({ of }) => of.some((one) => suspects.has(one))) : []
        await show(world, name, verifier, hears, chance.pick(suspected.length > 0 ? suspected : seen))
      }
    }),
  )
}
