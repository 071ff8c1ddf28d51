import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../../src/events/event.ts'
import type { IssuerEvent } from '../../src/index.ts'
import { ROOT } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic, secretHash } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'

const API = 'https://api.example.com'
let live: LiveIssuer

beforeAll(async () => {
  const billing = {
    secret_hash: secretHash('billing-secret'),
    grant_types: ['client_credentials'],
    resources: [API],
    scopes: ['orders:read'],
  }
  live = await startIssuer(
    { RESOURCES: { [API]: { scopes: ['orders:read'] } }, CLIENTS: { billing } },
    {
      entrypoint: join(ROOT, 'test/parties/queue_worker.ts'),
      config: [
        blockOf('events-queue'),
        '[[queues.consumers]]\nqueue = "events"\nmax_batch_timeout = 0',
        blockOf('events-dataset').replace('"EVENTS"', '"DATASET"'),
      ].join('\n'),
    },
  )
}, 60_000)

afterAll(() => live.stop())

const ask = (secret: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${live.issuer}/token`, {
    method: 'POST',
    headers: { ...headers, authorization: basic('billing', secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: API }),
  })

/** Returns what came out of the Queue, in the order of the types, and the rows that went into the dataset. */
async function look(): Promise<{ readonly came: readonly IssuerEvent[]; readonly rows: readonly unknown[] }> {
  const answer = await fetch(`${live.issuer}/came`)
  const { came, rows } = (await answer.json()) as { came: IssuerEvent[]; rows: unknown[] }
  const place = ({ type }: IssuerEvent): number => EVENT_TYPES.indexOf(type)
  return { came: came.sort((one, other) => place(one) - place(other)), rows }
}

describe('a Worker whose EVENTS is', () => {
  it('a Queue tells its consumer each event, whole, of a token and of a refusal', async () => {
    const answers = [await ask('billing-secret'), await ask('wrong')]
    expect(answers.map(({ status }) => status)).toEqual([200, 401])
    const [ok, refused] = answers.map(({ headers }) => headers.get('request-id'))
    await expect.poll(async () => (await look()).came.length, { timeout: 30_000 }).toBe(3)
    const both = {
      id: expect.stringMatching(/^[\w-]{22}$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      source: live.issuer,
      ms: expect.any(Number),
      client: 'billing',
    }
    const wrong = { ...both, outcome: 'refused', reason: 'wrong_secret', request: refused }
    expect((await look()).came).toMatchObject([
      {
        ...both,
        type: 'token.issued',
        outcome: 'ok',
        request: ok,
        proved: true,
        method: 'client_secret_basic',
        grant: 'client_credentials',
        resource: API,
        scope: 'orders:read',
        subject: expect.stringMatching(/^[\w-]{22}$/),
        jti: expect.any(String),
      },
      { ...wrong, type: 'token.refused' },
      { ...wrong, type: 'client.failed' },
    ])
  })

  it('a dataset of Analytics Engine writes a row of each', async () => {
    expect((await ask('billing-secret', { dataset: 'yes' })).status).toBe(200)
    await expect
      .poll(async () => (await look()).rows, { timeout: 30_000 })
      .toEqual([
        {
          indexes: ['token.issued'],
          blobs: ['ok', '', 'billing', 'client_credentials', API, ''],
          doubles: [1, expect.any(Number)],
        },
      ])
  })
})
