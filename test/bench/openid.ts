/**
 * A code for an access token and an ID token, in Node: ours beside oidc-provider and better-auth.
 *
 * @module
 */

import { startLoadGenerator } from './load.ts'
import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import { type Algorithm, type OpenidParty, startOpenidParty } from './openid_parties.ts'
import { type Row, writeTime } from './report.ts'
import { form, REDIRECT_URI, VERIFIER } from './requests.ts'

const NAMES = ['ours', 'oidc-provider', 'better-auth'] as const

/** Measures one algorithm. */
async function signedBy(alg: Algorithm, effort: Effort): Promise<readonly Row[]> {
  const generator = startLoadGenerator()
  const parties: OpenidParty[] = []
  const exchanging = (name: string, { port, path, headers, codes }: OpenidParty): Contender => ({
    name,
    async prepare(times) {
      const rest = { grant_type: 'authorization_code', code_verifier: VERIFIER, redirect_uri: REDIRECT_URI }
      return (await codes(times)).map((code) => form({ ...rest, code }))
    },
    async run(times, prepared) {
      const bodies = prepared as readonly string[]
      const load = { port, connections: 8, times, path, headers, bodies }
      const { failed, answer, nanoseconds } = await generator.send(load)
      if (failed > 0 || !answer.includes('"id_token"')) throw new Error(`${name}: ${failed} of ${times}: ${answer}`)
      return nanoseconds
    },
  })
  try {
    const contenders: Contender[] = []
    for (const name of NAMES) {
      const party = await startOpenidParty(name, alg)
      parties.push(party)
      contenders.push(exchanging(name, party))
    }
    const times = await race(contenders, effort)
    const row = (other: string): Row => ({
      group: 'openid, Node',
      ours: `code exchange with ID token, ${alg}`,
      beside: `${other}, in memory`,
      figures: `${writeTime(timeIn(times, 'ours'))} : ${writeTime(timeIn(times, other))}`,
      ratio: ratioIn(times, 'ours', other),
    })
    return [row('oidc-provider'), row('better-auth')]
  } finally {
    generator.stop()
    for (const party of parties) party.stop()
  }
}

/** Measures both algorithms. A slice is short: oidc-provider's memory holds a thousand things. */
export async function openid(effort: Effort): Promise<readonly Row[]> {
  const slices = { ...effort, slice: effort.slice * 2 }
  return [...(await signedBy('RS256', slices)), ...(await signedBy('ES256', slices))]
}
