/**
 * Opening tokens inside workerd: our verifier beside jose, and the floor of one decryption.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import { type Row, writeTime } from './report.ts'
import { API, directToken, ISSUER } from './tokens.ts'
import { startWorker } from './workerd.ts'

/** Measures all rows of opening in workerd. */
export async function openInWorkerd(effort: Effort): Promise<readonly Row[]> {
  const { token, leaf, keys } = await directToken()
  const bindings = { ISSUER, RESOURCE: API, KEYS: keys, TOKEN: token, LEAF: encodeBase64url(leaf.key) }
  const worker = await startWorker({ entry: 'test/bench/workers/opener.ts', bindings })
  const way = (name: string): Contender => ({
    name,
    async run(times) {
      const response = await fetch(`http://127.0.0.1:${worker.port}/${name}?times=${times}`)
      if ((await response.text()) !== 'done') throw new Error(`${name} in workerd: ${response.status}`)
    },
  })
  try {
    const times = await race([way('ours'), way('floor'), way('jose')], { ...effort, slice: effort.slice * 3 })
    const row = (other: string, beside: string, bar?: Row['bar']): Row => ({
      group: 'open, workerd',
      ours: 'direct',
      beside,
      figures: `${writeTime(timeIn(times, 'ours'))} : ${writeTime(timeIn(times, other))}`,
      ratio: ratioIn(times, 'ours', other),
      ...(bar && { bar }),
    })
    return [
      row('floor', 'floor: one crypto.subtle.decrypt + JSON.parse', { atLeast: 0.75 }),
      row('jose', 'jose jwtDecrypt of the same'),
    ]
  } finally {
    await worker.stop()
  }
}
