/**
 * What an issuer answers a second, and what each answer takes of its CPU, its guard's and its disk.
 *
 * @module
 */

import type { Load, LoadGenerator } from '../load.ts'
import { PUBLIC_CLIENT } from '../mint.ts'
import { CLIENT } from '../oidc_provider.ts'
import { basic, CHALLENGE, form, HEADERS, REDIRECT_URI, SCOPE, sealGrant, VERIFIER } from '../requests.ts'
import { API, directToken, LEDGER } from '../tokens.ts'
import { INTROSPECTOR, type Installation } from './installations.ts'

/** Something that is asked of an issuer. */
export interface Work {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Makes the bodies of so many requests: one for all of them, or one for each that can be asked only once. */
  bodies(times: number): Promise<readonly string[]>
}

const { authorization: _none, ...UNPROVED } = HEADERS

async function each(times: number, make: () => Promise<string>): Promise<readonly string[]> {
  return Promise.all(Array.from({ length: times }, make))
}

function credentials(name: string, resource: string): Work {
  const body = form({ grant_type: 'client_credentials', resource, scope: SCOPE })
  return { name, path: '/token', headers: HEADERS, bodies: async () => [body] }
}

/** All that is asked. */
export const WORKS = {
  credentials: credentials('client credentials, `direct`', API),
  nested: credentials('client credentials, `nested` under a leaf', LEDGER),
  refresh: {
    name: 'refresh, by a client with a secret',
    path: '/token',
    headers: HEADERS,
    async bodies() {
      return [form({ grant_type: 'refresh_token', refresh_token: await sealGrant('refresh', { generation: 0 }) })]
    },
  },
  rotation: {
    name: 'refresh that rotates, by a public client',
    path: '/token',
    headers: UNPROVED,
    bodies: (times) =>
      each(times, async () => {
        const refresh_token = await sealGrant('refresh', { client_id: PUBLIC_CLIENT, generation: 0 })
        return form({ grant_type: 'refresh_token', client_id: PUBLIC_CLIENT, refresh_token })
      }),
  },
  code: {
    name: 'code exchange, with a refresh token',
    path: '/token',
    headers: HEADERS,
    bodies: (times) =>
      each(times, async () => {
        const code = await sealGrant('code', { redirect_uri: REDIRECT_URI, code_challenge: CHALLENGE })
        return form({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: REDIRECT_URI })
      }),
  },
  introspection: {
    name: 'introspection',
    path: '/introspect',
    headers: { ...HEADERS, ...basic(INTROSPECTOR, CLIENT.secret) },
    bodies: async () => [form({ token: (await directToken()).token })],
  },
} as const satisfies Readonly<Record<string, Work>>

/** What one kind of work came to. */
export interface Rate {
  readonly work: string
  /** Answers a second of one issuer, by eight connections that are never idle. */
  readonly perSecond: number
  /** Answers for each second of CPU that the issuer took. */
  readonly perCpuSecond: number
  /** Microseconds of CPU that the guard's own processes took for each. */
  readonly guardMicroseconds?: number
  /** Writes to the guard's disk for each. */
  readonly diskWrites?: number
}

const CONNECTIONS = 8

/** Answers that may be wrong before a measurement is: none. */
async function sendAll(generator: LoadGenerator, load: Load, work: string): Promise<number> {
  const { failed, answer, nanoseconds } = await generator.send(load)
  if (failed > 0 || answer.includes('"active":false'))
    throw new Error(`${work}: ${failed} of ${load.times} failed: ${answer}`)
  return nanoseconds
}

/** Asks for a second to warm up, then for so many seconds, and counts. */
export async function rateOf(
  { port, cpu, guardCpu, diskWrites }: Installation,
  work: Work,
  seconds: number,
  generator: LoadGenerator,
): Promise<Rate> {
  const { name, path, headers } = work
  const load = async (times: number): Promise<Load> => {
    const bodies = await work.bodies(times)
    return { port, connections: CONNECTIONS, path, headers, times, bodies }
  }
  let times = 200
  for (const next of [seconds / 4, seconds]) {
    const took = await sendAll(generator, await load(times), name)
    times = Math.max(200, Math.round((times / took) * next * 1e9))
  }
  const measured = await load(times)
  const before = { cpu: cpu(), guard: guardCpu?.(), writes: diskWrites?.() }
  const nanoseconds = await sendAll(generator, measured, name)
  const after = { cpu: cpu(), guard: guardCpu?.(), writes: diskWrites?.() }
  return {
    work: name,
    perSecond: (times / nanoseconds) * 1e9,
    perCpuSecond: times / (after.cpu - before.cpu),
    ...(before.guard !== undefined &&
      after.guard !== undefined && { guardMicroseconds: ((after.guard - before.guard) / times) * 1e6 }),
    ...(before.writes !== undefined &&
      after.writes !== undefined && { diskWrites: (after.writes - before.writes) / times }),
  }
}
