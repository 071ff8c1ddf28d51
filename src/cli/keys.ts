/**
 * `bulla keys …`: the operator's hands on the ring.
 *
 * @module
 */

import {
  createRing,
  examineRing,
  LONGEST_LIFE,
  type Ring,
  type RingOptions,
  revokeRoot,
  rotateRing,
  stateOf,
  writeInstant,
  writeRing,
} from '../../keys/index.ts'
import { type Command, type Io, type Option, OUT, Refusal, type Values } from './command.ts'
import { examineList } from './examine_list.ts'
import { keysExport } from './keys_export.ts'
import { keysShow, writeAge } from './keys_show.ts'
import { examineRegistrationKeys } from './registration_keys.ts'
import { RING, readRingText, readText, readWholeRing, writeChangedRing, writeReadableRing } from './ring_file.ts'

const inPlace: Option = { type: 'boolean', help: 'write the ring back into FILE instead of stdout' }
const rootLife: Option = {
  type: 'string',
  value: 'SECONDS',
  help: 'how long the root seals at the most (default 7776000, 90 days)',
}
const longestLife: Option = {
  type: 'string',
  value: 'SECONDS',
  help: 'how long the longest-lived token lives (default 2592000, 30 days)',
}

const rs256: Option = {
  type: 'boolean',
  help: 'with an RSA key beside the root, for ID tokens, and for resources whose signing_alg is RS256',
}

/** Returns the options that were given, under the names that keys/ has for them. */
function rootOptions(values: Values, io: Io, hasRsaKeys = false): RingOptions {
  const rootLifeSeconds = values.number('root-life')
  const longestLifeSeconds = values.number('longest-life')
  return {
    now: io.now,
    key: io.random(),
    ...(hasRsaKeys || values.has('rs256') ? { rsaKey: io.makeRsaKey() } : {}),
    ...(rootLifeSeconds === undefined ? {} : { rootLife: rootLifeSeconds }),
    ...(longestLifeSeconds === undefined ? {} : { longestLife: longestLifeSeconds }),
  }
}

/** Tells the operator at once what the doctor would find. */
function sayFindings(changed: Parameters<typeof examineRing>[0], values: Values, io: Io): void {
  const life = values.number('longest-life')
  const findings = examineRing(changed, { now: io.now, ...(life === undefined ? {} : { longestLife: life }) })
  for (const { message } of findings) io.say(`note: ${message}`)
}

/** Says until when settings open that were sealed by the roots before. */
function saySealed({ roots }: Ring, added: string, use: number, io: Io): void {
  for (const { kid, del } of roots.filter((root) => root.kid !== added && root.end > io.now))
    io.say(
      `sealed settings, if you have some: what root ${kid} sealed opens until ${writeInstant(del)}; seal it anew from ${writeInstant(use)} on`,
    )
}

const init: Command = {
  call: 'keys init',
  guesses: ['create', 'generate', 'new', 'make'],
  summary: 'prints a new ring; its root seals at once',
  example: {
    line: 'bulla keys init --out ring.json',
    prints: 'This is a secret: keep it as KEY_RING, and keep a copy, for it cannot be read back from a Worker.',
  },
  options: {
    period: { type: 'string', value: 'SECONDS', help: 'how long one leaf seals (default 86400)' },
    propagation: {
      type: 'string',
      value: 'SECONDS',
      help: 'how long a new ring takes to reach everyone (default 3600)',
    },
    skew: { type: 'string', value: 'SECONDS', help: 'by how much any two clocks may differ (default 60)' },
    'root-life': rootLife,
    'longest-life': longestLife,
    rs256,
    out: OUT,
  },
  async run(values, _operand, io) {
    const timings = (['period', 'propagation', 'skew'] as const).flatMap((name) => {
      const seconds = values.number(name)
      return seconds === undefined ? [] : [[name, seconds] as const]
    })
    const made = createRing({ ...rootOptions(values, io), ...Object.fromEntries(timings) })
    io.out(writeReadableRing(made, undefined, values, io))
    io.say('This is a secret: keep it as KEY_RING, and keep a copy, for it cannot be read back from a Worker.')
    return 0
  },
}

/**
 * Returns why a schedule leaves a ring as it is: its newest root is staged, or younger than that. Where no root is primary nothing can be
 * sealed, and nobody waits.
 */
function whyEarly({ roots, revoked }: Ring, every: number, now: number): string | undefined {
  const states = roots.map((root) => ({ ...root, state: stateOf(root, revoked, now) }))
  if (!states.some(({ state }) => state === 'primary')) return undefined
  const staged = states.find(({ state }) => state === 'staged')
  if (staged !== undefined) return `root ${staged.kid} is staged, and seals from ${writeInstant(staged.use)}`
  const young = states.find(({ state, pub }) => state === 'primary' && now - pub < every)
  return young && `root ${young.kid} is ${writeAge(now - young.pub)} old`
}

const rotate: Command = {
  call: 'keys rotate',
  summary: 'prints the ring with the next root staged and retired ones dropped; refuses too early',
  details:
    'The new root opens at once and seals after propagation + skew; until then every holder must have the new ring.\nNever write `> FILE` over the file that --ring reads: the shell empties it first. Use --in-place.\nA ring that has an RSA key gets the next one with the root.\nWith --every it may be run as often as you like, and again after a run that was stopped half-way.',
  example: {
    line: 'bulla keys rotate --ring ring.json --in-place',
    prints: [
      'ring.json is written; put it where the issuer has its secrets',
      'root rQ3vK is staged; it seals from 2026-11-27T13:01:00Z: everyone must have this ring by then',
      'sealed settings, if you have some: what root r1 sealed opens until 2026-12-27T13:03:00Z; seal it anew from 2026-11-27T13:01:00Z on',
    ].join('\n'),
  },
  needs: ['ring'],
  options: {
    ring: RING,
    'in-place': inPlace,
    out: OUT,
    every: {
      type: 'string',
      value: 'SECONDS',
      help: 'leaves the ring as it is, with exit 0, while its newest root is staged or younger than that',
    },
    'root-life': rootLife,
    'longest-life': longestLife,
    rs256,
  },
  async run(values, _operand, io) {
    const from = await readWholeRing(values, io)
    const every = values.number('every')
    const early = every === undefined ? undefined : whyEarly(from.ring, every, io.now)
    if (early !== undefined) {
      if (!values.has('in-place')) io.out(writeRing(from.ring))
      else if (values.has('json')) io.out(JSON.stringify({ rotated: false, why: early }))
      io.say(`${early}: the ring stays as it is`)
      return 0
    }
    const rotation = rotateRing(from.ring, rootOptions(values, io, from.ring.rsa !== undefined))
    if (!rotation.ok) throw new Refusal(rotation.detail)
    await writeChangedRing(from, rotation.ring, values, io)
    const { kid, use } = rotation.added
    if (values.has('in-place') && values.has('json')) io.out(JSON.stringify({ rotated: true, kid, use }))
    io.say(`root ${kid} is staged; it seals from ${writeInstant(use)}: everyone must have this ring by then`)
    saySealed(rotation.ring, kid, use, io)
    sayFindings(rotation.ring, values, io)
    return 0
  },
}

const revoke: Command = {
  call: 'keys revoke',
  operand: 'KID',
  summary: 'prints the ring with that root revoked: all that it sealed is dead',
  example: { line: 'bulla keys revoke r1 --ring ring.json --in-place' },
  needs: ['ring'],
  options: { ring: RING, 'in-place': inPlace, out: OUT },
  async run(values, kid, io) {
    const from = await readWholeRing(values, io)
    let revoked: typeof from.ring
    try {
      revoked = revokeRoot(from.ring, kid)
    } catch (error) {
      throw new Refusal((error as Error).message)
    }
    await writeChangedRing(from, revoked, values, io)
    io.say(`root ${kid} is revoked where this ring is; resource servers need their keys exported anew`)
    sayFindings(revoked, values, io)
    return 0
  },
}

const doctor: Command = {
  call: 'keys doctor',
  summary: 'every rule broken, one a line; exit 1 if any',
  example: { line: 'bulla keys doctor --ring ring.json', prints: 'the ring is sound' },
  needs: ['ring'],
  options: {
    ring: RING,
    'longest-life': longestLife,
    horizon: {
      type: 'string',
      value: 'SECONDS',
      help: 'how far ahead a primary root must be there (default 1209600, 14 days)',
    },
    issuer: { type: 'string', value: 'URL', help: 'asks this issuer for its list of revocations, too' },
  },
  async run(values, _operand, io) {
    const text = await readText(values.need('ring'), io)
    const { ring: examined, bad } = readRingText(text)
    const [horizon, life] = [values.number('horizon'), values.number('longest-life')]
    const options = {
      now: io.now,
      ...(horizon === undefined ? {} : { horizon }),
      ...(life === undefined ? {} : { longestLife: life }),
    }
    const issuer = values.text('issuer')
    const list =
      issuer === undefined
        ? { broken: [], notes: [] }
        : await examineList(examined, { issuer, now: io.now, longestLife: life ?? LONGEST_LIFE })
    const found = [...bad, ...examineRing(examined, options)].map(({ message }) => message)
    const messages = [...found, ...examineRegistrationKeys(text), ...list.broken]
    const ok = messages.length === 0
    if (values.has('json')) io.out(JSON.stringify({ ok, faults: messages, notes: list.notes }, undefined, 2))
    else for (const message of messages) io.out(message)
    for (const note of list.notes) io.say(note)
    if (ok) io.say('the ring is sound')
    return ok ? 0 : 1
  },
}

/** The commands about the ring. */
export const keysCommands: readonly Command[] = [init, rotate, revoke, keysShow, doctor, keysExport]
