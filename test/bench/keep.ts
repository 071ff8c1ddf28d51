/**
 * Opening tokens that a verifier has seen before: with `keep`, without, and beside fast-jwt's cache; and a flood of those that
 * it has not.
 *
 * @module
 */

import { createKeyring } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { createVerifier, type Verifier } from '../../src/verifier/index.ts'
import { es256Pair } from './jwt_peers.ts'
import { type Contender, type Effort, race, ratioIn, type Times, timeIn } from './measure.ts'
import { importPeer } from './peers.ts'
import { type Row, writeTime } from './report.ts'
import { API, CLAIMS, directToken, entitlement, ISSUER, LEDGER, LIFE, NOW, nestedTokens, ring } from './tokens.ts'
import { startWorker } from './workerd.ts'

/** How many tokens are kept. */
const KEEP = 4096

/** Different tokens of a flood: so many that none is still kept when it comes again. */
const FLOOD = 2 * KEEP

/** Returns what gives tokens by turns, each as a request brings it: new letters, which nobody has looked at. */
function comingOf(tokens: readonly string[]): (times: number) => readonly string[] {
  const letters = tokens.map((token) => Buffer.from(token))
  let turn = 0
  const next = (): string => (letters[turn++ % letters.length] ?? Buffer.of()).toString('latin1')
  return (times) => Array.from({ length: times }, next)
}

/** Opens tokens by turns; it throws where one is not let in. */
function opening(name: string, { verify }: Verifier, tokens: readonly string[]): Contender {
  return {
    name,
    prepare: comingOf(tokens),
    async run(_, shown) {
      for (const token of shown as readonly string[])
        if (!(await verify(token)).ok) throw new Error(`${name}: a good token is refused`)
    },
  }
}

/** Returns fast-jwt's verifier of ES256, with its cache and its own key for that. */
async function fastJwt(): Promise<Contender> {
  const { createSigner, createVerifier: createFast } = await importPeer('fast-jwt')
  const { privateKey, publicKey } = es256Pair()
  const jwt: string = createSigner({ key: privateKey, algorithm: 'ES256' })(CLAIMS)
  const options = { algorithms: ['ES256'], allowedIss: ISSUER, allowedAud: API, requiredClaims: ['exp'], cache: KEEP }
  const verify: (token: string) => { readonly sub?: string } = createFast({ key: publicKey, ...options })
  return {
    name: 'fast-jwt cache',
    prepare: comingOf([jwt]),
    run(_, shown) {
      for (const token of shown as readonly string[])
        if (verify(token).sub === undefined) throw new Error('fast-jwt: a good token is refused')
    },
  }
}

/** Seals tokens that differ. */
async function differentTokens(): Promise<readonly string[]> {
  const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', LIFE)
  const sealed = Array.from({ length: FLOOD }, (_, index) =>
    sealDirect({ ...entitlement(), jti: `${index}`.padStart(22, 'A') }, ISSUER, leaves, NOW),
  )
  return Promise.all(sealed)
}

/** Measures all rows of `keep`, in Node and in workerd. */
export async function keptTokens(effort: Effort): Promise<readonly Row[]> {
  const { token, keys } = await directToken()
  const nested = await nestedTokens()
  const verifier = (keep: number): Verifier => createDirectVerifier({ issuer: ISSUER, resource: API, keys, keep })
  const ledger = (keep: number): Verifier =>
    createVerifier({ issuer: ISSUER, resource: LEDGER, keys: nested.keys, jwks: nested.jwks, keep })
  const flood = await differentTokens()
  const races = [
    [opening('kept', verifier(KEEP), [token]), opening('anew', verifier(0), [token]), await fastJwt()],
    [opening('nested, kept', ledger(KEEP), [nested.byLeaf]), opening('nested, anew', ledger(0), [nested.byLeaf])],
    [opening('flood, kept', verifier(KEEP), flood), opening('flood', verifier(0), flood)],
  ]
  const raced: Times[] = []
  for (const contenders of races) raced.push(await race(contenders, effort))
  raced.push(await inWorkerd(effort, keys))
  const row = (
    group: string,
    names: readonly [string, string],
    ours: string,
    beside: string,
    bar?: Row['bar'],
  ): Row => {
    const [name, other] = names
    const times = raced.find((one) => one.has(name) && one.has(other)) ?? new Map()
    return {
      group,
      ours,
      beside,
      figures: `${writeTime(timeIn(times, name))} : ${writeTime(timeIn(times, other))}`,
      ratio: ratioIn(times, name, other),
      ...(bar && { bar }),
    }
  }
  const [seen, most] = ['direct, opened before (keep)', { atMost: 1.15 }]
  const floods = 'without and with keep'
  return [
    row('open, Node', ['kept', 'anew'], seen, 'direct, opened anew', { atLeast: 4 }),
    row('open, Node', ['kept', 'fast-jwt cache'], seen, 'fast-jwt, its cache with the default key', { atLeast: 1.82 }),
    row('open, Node', ['nested, kept', 'nested, anew'], 'nested, opened before (keep)', 'nested, opened anew'),
    row('open, workerd', ['workerd, kept', 'workerd, anew'], seen, 'direct, opened anew'),
    row('growth', ['flood', 'flood, kept'], floods, 'open: a flood of different tokens, Node', most),
    row(
      'growth',
      ['workerd, flood', 'workerd, flood, kept'],
      floods,
      'open: a flood of different tokens, workerd',
      most,
    ),
  ]
}

/** Lets the same run inside workerd. */
async function inWorkerd(effort: Effort, keys: string): Promise<Times> {
  const bindings = { ISSUER, RESOURCE: API, KEYS: keys, NOW: `${NOW}`, LIFE: `${LIFE}`, KEEP: `${KEEP}` }
  const worker = await startWorker({ entry: 'test/bench/workers/keeper.ts', bindings })
  const way = (name: string, path: string): Contender => ({
    name,
    async run(times) {
      const response = await fetch(`http://127.0.0.1:${worker.port}/${path}?times=${times}`)
      const said = await response.text()
      if (said !== 'done') throw new Error(`${name}: ${said}`)
    },
  })
  const slow = { ...effort, slice: effort.slice * 3 }
  try {
    const once = [way('workerd, kept', 'kept'), way('workerd, anew', 'anew')]
    const flood = [way('workerd, flood, kept', 'flood-kept'), way('workerd, flood', 'flood')]
    return new Map([...(await race(once, slow)), ...(await race(flood, slow))])
  } finally {
    await worker.stop()
  }
}
