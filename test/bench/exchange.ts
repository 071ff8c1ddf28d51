/**
 * What is spent once, over HTTP: codes and rotating refresh tokens in workerd, beside a route that inserts one row in a Durable Object.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { startLoadGenerator } from './load.ts'
import { type Effort, race, ratioIn, timeIn } from './measure.ts'
import { answerOf, issuerWorker, PUBLIC_CLIENT, requesting } from './mint.ts'
import { type Row, writeTime } from './report.ts'
import { CHALLENGE, FORM, form, HEADERS, REDIRECT_URI, sealGrant, VERIFIER } from './requests.ts'
import { startWorker } from './workerd.ts'

/** How many objects share the work. */
const HOMES = 16

/** Makes the names of one login, all of which say the same home. */
function names(): Readonly<Record<'gid' | 'sid' | 'jti', string>> {
  const home = Math.floor(Math.random() * HOMES)
  const name = (): string => `${home}.${encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))}`
  return { gid: name(), sid: name(), jti: name() }
}

const each = (times: number, one: () => Promise<string>): Promise<readonly string[]> =>
  Promise.all(Array.from({ length: times }, one))

async function code(): Promise<string> {
  const sealed = await sealGrant('code', { ...names(), redirect_uri: REDIRECT_URI, code_challenge: CHALLENGE })
  const grant = { grant_type: 'authorization_code', code: sealed }
  return form({ ...grant, code_verifier: VERIFIER, redirect_uri: REDIRECT_URI })
}

async function refresh(): Promise<string> {
  const sealed = await sealGrant('refresh', { ...names(), client_id: PUBLIC_CLIENT, generation: 0 })
  return form({ grant_type: 'refresh_token', client_id: PUBLIC_CLIENT, refresh_token: sealed })
}

const PUBLIC_HEADERS = { ...FORM, host: HEADERS.host, 'x-forwarded-proto': 'https' }

/** Measures what is spent once. */
export async function exchange(effort: Effort): Promise<readonly Row[]> {
  const generator = startLoadGenerator()
  const parts = { generator, connections: 8 }
  const { bindings, ...worker } = issuerWorker()
  const ours = await startWorker({ ...worker, bindings: { ...bindings, HOMES } })
  const exchanged = await answerOf(ours, await code(), generator)
  const refreshed = await answerOf(ours, await refresh(), generator, PUBLIC_HEADERS)
  for (const { failed, answer } of [exchanged, refreshed]) if (failed > 0) throw new Error(answer)
  const ANSWERS = { authorization_code: exchanged.answer, refresh_token: refreshed.answer }
  const floor = await startWorker({
    entry: 'test/bench/workers/insert.ts',
    bindings: { ANSWERS, HEADERS: exchanged.headers, OBJECTS: HOMES },
    durableObjects: { OBJECT: 'InsertObject' },
  })
  try {
    const contenders = [
      requesting('code', ours, HEADERS, (times) => each(times, code), parts),
      requesting('code, floor', floor, HEADERS, (times) => each(times, code), parts),
      requesting('rotate', ours, PUBLIC_HEADERS, (times) => each(times, refresh), parts),
      requesting('rotate, floor', floor, PUBLIC_HEADERS, (times) => each(times, refresh), parts),
    ]
    const times = await race(contenders, { ...effort, slice: effort.slice * 5 })
    const row = (name: string, ours: string): Row => ({
      group: 'mint, workerd',
      ours,
      beside: 'floor: a Hono route with one insert in a Durable Object',
      figures: `${writeTime(timeIn(times, name))} : ${writeTime(timeIn(times, `${name}, floor`))}`,
      ratio: ratioIn(times, name, `${name}, floor`),
      bar: { atLeast: 0.7 },
    })
    return [row('code', 'code exchange through the guard'), row('rotate', 'refresh of a public client, rotating')]
  } finally {
    generator.stop()
    await Promise.all([ours.stop(), floor.stop()])
  }
}
