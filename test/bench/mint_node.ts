/**
 * Minting tokens over HTTP in Node: `bulla serve` beside oidc-provider and beside a route that only answers, and two
 * processes beside one.
 *
 * @module
 */

import { HAS } from './guards.ts'
import { type LoadGenerator, startLoadGenerator } from './load.ts'
import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import { CLIENT, type OidcProvider } from './oidc_provider.ts'
import { type Row, writeTime } from './report.ts'
import { basic, FORM, form, HEADERS, SCOPE } from './requests.ts'
import { type Serving, serveFloor, serveIssuer } from './serve_node.ts'
import { API, LEDGER } from './tokens.ts'

const CONNECTIONS = 16

const bodyFor = (resource: string): string => form({ grant_type: 'client_credentials', resource, scope: SCOPE })

/** Returns a contender that sends one request again and again, to the first of these or to all of them. */
function minting(
  name: string,
  [first, ...others]: readonly [{ readonly port: number }, ...{ readonly port: number }[]],
  generator: LoadGenerator,
  { resource = API, headers = HEADERS }: { resource?: string; headers?: Readonly<Record<string, string>> } = {},
): Contender {
  return {
    name,
    async run(times) {
      const to = { port: first.port, others: others.map(({ port }) => port), connections: CONNECTIONS, path: '/token' }
      const { failed, answer, nanoseconds } = await generator.send({
        ...to,
        times,
        headers,
        bodies: [bodyFor(resource)],
      })
      if (failed > 0) throw new Error(`${name}: ${failed} of ${times} failed: ${answer}`)
      return nanoseconds
    },
  }
}

const row = (
  times: Awaited<ReturnType<typeof race>>,
  [name, ours]: readonly [string, string],
  [other, beside]: readonly [string, string],
  bar?: number,
): Row => ({
  group: 'mint, Node',
  ours,
  beside,
  figures: `${writeTime(timeIn(times, name))} : ${writeTime(timeIn(times, other))}`,
  ratio: ratioIn(times, name, other),
  ...(bar !== undefined && { bar: { atLeast: bar } }),
})

/** Measures `bulla serve` beside oidc-provider, and beside the least that a server in Node can do. */
async function beside(effort: Effort, oidc: OidcProvider, generator: LoadGenerator): Promise<readonly Row[]> {
  const running: Serving[] = []
  try {
    const ours = await serveIssuer()
    running.push(ours)
    const asked = {
      port: ours.port,
      connections: 1,
      times: 1,
      path: '/token',
      headers: HEADERS,
      bodies: [bodyFor(API)],
    }
    const { answer, headers } = await generator.send(asked)
    const { connection: _, 'keep-alive': __, ...own } = headers
    const floor = await serveFloor(answer, own)
    running.push(floor)
    const quiet = await serveIssuer({ isQuiet: true })
    running.push(quiet)
    const theirs = { headers: { ...FORM, ...basic(CLIENT.id, CLIENT.secret) } }
    const contenders = [
      minting('direct', [ours], generator),
      minting('quiet', [quiet], generator),
      minting('floor', [floor], generator),
      minting('nested', [ours], generator, { resource: LEDGER }),
      minting('opaque', [oidc], generator, theirs),
      minting('JWT', [oidc], generator, { ...theirs, resource: LEDGER }),
    ]
    const times = await race(contenders, effort)
    const direct = ['direct', 'POST /token, direct'] as const
    const opaque = ['opaque', 'oidc-provider, opaque, in memory'] as const
    return [
      row(times, direct, opaque, 1.7),
      row(times, ['quiet', 'POST /token, direct, EVENTS = "none"'], opaque, 1.7),
      row(times, ['nested', 'POST /token, nested under a leaf'], ['JWT', 'oidc-provider, JWT ES256, in memory'], 1.3),
      row(times, direct, ['JWT', 'oidc-provider, JWT ES256, in memory']),
      row(times, direct, ['floor', 'floor: a Hono route that answers the same bytes']),
      row(times, ['floor', 'the floor itself'], opaque),
    ]
  } finally {
    for (const server of running) server.stop()
  }
}

/** Measures two processes that share a Redis beside one of them. */
async function scaling(effort: Effort, generator: LoadGenerator): Promise<readonly Row[]> {
  if (HAS['redis-server']?.() === false)
    return [{ group: 'mint, Node', ours: 'two processes, one Redis', beside: '', figures: 'no redis-server here' }]
  const { startRedis } = await import('../parties/redis_server.ts')
  const redis = await startRedis(['--appendfsync', 'everysec'])
  const running: Serving[] = []
  try {
    const first = await serveIssuer({ guard: redis.url })
    running.push(first)
    const second = await serveIssuer({ guard: redis.url })
    running.push(second)
    const contenders = [minting('two', [first, second], generator), minting('one', [first], generator)]
    const times = await race(contenders, effort)
    return [row(times, ['two', 'two processes, one Redis'], ['one', 'one process, the same Redis'], 1.7)]
  } finally {
    for (const server of running) server.stop()
    await redis.stop()
  }
}

/** Measures all rows of minting in Node. */
export async function mintInNode(effort: Effort, oidc: OidcProvider): Promise<readonly Row[]> {
  const generator = startLoadGenerator()
  const slices = { ...effort, slice: effort.slice * 5 }
  try {
    return [...(await beside(slices, oidc, generator)), ...(await scaling(slices, generator))]
  } finally {
    generator.stop()
  }
}
