/**
 * `bulla settings …`: settings that change without a deploy, sealed under the ring, and a look into them.
 *
 * @module
 */

import { createKeyring, type Keyring, type Ring, writeInstant } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import { isTable, parseSettings, type Table } from '../node/settings_text.ts'
import { withBundle } from '../settings/settings_bundle.ts'
import { openSettings, type SealedFacts, sealSettings } from '../token/sealed_settings.ts'
import { examine } from './check.ts'
import { type Command, type Io, OUT, Refusal, UsageError, type Values } from './command.ts'
import { asInFile } from './fault_words.ts'
import { RING, readRingText, readText } from './ring_file.ts'
import { readConfig, SETTINGS } from './settings_file.ts'
import { readWorkerEnv, type WorkerEnv } from './worker_env.ts'

/** What the file calls the tables that can be sealed, and what they are called inside. */
const TABLES = {
  RESOURCES: 'resources',
  CLIENTS: 'clients',
  TRUSTED_ISSUERS: 'trusted_issuers',
  AUTHORIZATION_DETAILS_TYPES: 'details',
} as const

/** Clients that are advised at the most: each process checks all of them each time. */
const MANY = 3000

const ENV = { type: 'string', value: 'NAME', help: 'an environment of the settings' } as const
const ISSUER = {
  type: 'string',
  value: 'URL',
  help: "the issuer that opens them, and no other (default: the settings')",
} as const
const BASE = { ...SETTINGS, help: SETTINGS.help.replace("the issuer's settings", 'the settings of the deploy') }

/** Returns the settings of the deploy. */
async function readBase(
  values: Values,
): Promise<{ readonly file: string; readonly base: WorkerEnv; readonly issuer: string }> {
  const { file, config } = await readConfig(values.text('settings'))
  const base = readWorkerEnv(file, config, values.text('env'))
  const issuer = values.text('issuer') ?? base.env['ISSUER']
  if (typeof issuer !== 'string') throw new Refusal(`${file} has no ISSUER among its vars`)
  return { file, base: { ...base, env: { ...base.env, ISSUER: issuer } }, issuer }
}

/** Returns a table with what is `"none"` taken away: TOML has no null. */
function entriesOf(file: string, name: string, table: unknown): Table {
  if (!isTable(table)) throw new Refusal(`${file}: "${name}" expected a table`)
  return Object.fromEntries(Object.entries(table).map(([key, entry]) => [key, entry === 'none' ? null : entry]))
}

/** Returns the tables in a file: its variables, or those of wrangler's. */
function tablesIn(file: string, text: string): Omit<SealedFacts, 'seq' | 'issued_at'> {
  let config: unknown
  try {
    config = parseSettings(text, /^\s*[{/]/.test(text) ? 'JSON' : 'TOML')
  } catch (error) {
    throw new Refusal(`${file} ${(error as Error).message}`)
  }
  const vars = isTable(config) ? (config['vars'] ?? config) : undefined
  if (!isTable(vars)) throw new Refusal(`${file} holds no settings`)
  const other = Object.keys(vars).find((name) => !Object.hasOwn(TABLES, name))
  if (other !== undefined)
    throw new Refusal(`${file}: "${other}" is no table that can be sealed; there are ${Object.keys(TABLES).join(', ')}`)
  const tables = Object.entries(TABLES).map(([name, inside]) => [inside, entriesOf(file, name, vars[name] ?? {})])
  return Object.fromEntries(tables)
}

/** Says what of an entry that is taken away was not there: nothing is, then. */
function sayUnknown(facts: SealedFacts, { env }: WorkerEnv, file: string, io: Io): void {
  for (const [name, inside] of Object.entries(TABLES)) {
    const known = Object(env[name])
    const lost = Object.entries(facts[inside]).filter(([key, entry]) => entry === null && !Object.hasOwn(known, key))
    for (const [key] of lost) io.say(`note: ${file} has no "${key}" in ${name}: "none" takes nothing away`)
  }
}

/** Says from when on nobody can read them any more. */
function sayEnd({ roots }: Ring, kid: string, io: Io): void {
  const root = roots.find((one) => one.kid === kid)
  if (root !== undefined)
    io.say(`they open as long as root ${kid} is there, until ${writeInstant(root.del)}: seal them anew before that`)
}

/** Opens sealed settings on the operator's desk. */
async function openHere(sealed: string, keyring: Keyring, now: number): ReturnType<typeof openSettings> {
  try {
    return await openSettings(sealed, keyring, now)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new Refusal(`they do not open: ${explain(error.code)}`)
  }
}

async function sealHere(facts: SealedFacts, keyring: Keyring, now: number): Promise<string> {
  try {
    return await sealSettings(facts, keyring, now)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new Refusal(error.code === 'size' ? 'sealed, they are longer than 1 MB' : explain(error.code))
  }
}

const seal: Command = {
  call: 'settings seal',
  operand: 'FILE',
  summary: 'prints clients and resources of FILE, sealed, for an issuer that runs',
  example: { line: 'bulla settings seal clients.toml --ring ring.json --seq 1 --out settings.jwe' },
  details: [
    'FILE has the tables RESOURCES, CLIENTS, TRUSTED_ISSUERS and AUTHORIZATION_DETAILS_TYPES, written as in wrangler.toml. Each entry takes the place of that',
    'of the deploy with its name; "none" in its place takes it away. What the issuer would not start with is not sealed.',
  ].join('\n'),
  options: {
    ring: RING,
    seq: { type: 'string', value: 'N', help: 'their number, from 1: higher than all before' },
    settings: BASE,
    issuer: ISSUER,
    env: ENV,
    grant: { type: 'string', multiple: true, value: 'TYPE', help: 'a grant type of your own' },
    out: OUT,
  },
  needs: ['ring', 'seq'],
  async run(values, operand, io) {
    const seq = Number(values.need('seq') && values.number('seq'))
    if (seq < 1) throw new UsageError('--seq expected a whole number from 1 on')
    const { ring } = readRingText(await readText(values.need('ring'), io))
    const { file, base, issuer } = await readBase(values)
    const facts = { seq, issued_at: io.now, ...tablesIn(operand, await readText(operand, io)) }
    const { faults } = await examine(base, values.list('grant'), (settings) => withBundle(settings, facts))
    if (faults.length > 0) throw new Refusal(faults.map((fault) => `${operand}: ${asInFile(fault)}`).join('\n'))
    const keyring = createKeyring(ring, issuer)
    const sealed = await sealHere(facts, keyring, io.now)
    const { root } = await openHere(sealed, keyring, io.now)
    io.out(values.has('json') ? JSON.stringify({ seq, issuer, root, sealed }) : sealed)
    sayUnknown(facts, base, file, io)
    const clients = Object.keys(facts.clients).length
    if (clients > MANY) io.say(`note: ${clients} clients; up to ${MANY} are advised`)
    io.say(`settings ${seq} for ${issuer}: put them where SETTINGS of the issuer says`)
    sayEnd(ring, root, io)
    return 0
  },
}

const open: Command = {
  call: 'settings open',
  operand: 'FILE',
  summary: 'prints what sealed settings say, as JSON',
  example: { line: 'bulla settings open settings.jwe --ring ring.json' },
  options: { ring: RING, settings: BASE, issuer: ISSUER, env: ENV },
  needs: ['ring'],
  async run(values, operand, io) {
    const { ring } = readRingText(await readText(values.need('ring'), io))
    const { issuer } = await readBase(values)
    const { facts, root } = await openHere((await readText(operand, io)).trim(), createKeyring(ring, issuer), io.now)
    io.out(JSON.stringify(facts, undefined, 2))
    sayEnd(ring, root, io)
    return 0
  },
}

/** The commands about settings that travel sealed. */
export const settingsCommands: readonly Command[] = [seal, open]
