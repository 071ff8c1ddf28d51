/**
 * `bulla check`: all that would stop the issuer from starting with these settings, before they are deployed. The rules are those
 * of the start, for it is the start that is asked.
 *
 * @module
 */

import { createFaultList } from '../../keys/faults.ts'
import { isLoopback } from '../../keys/identifier.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { adviseOn } from './advice.ts'
import type { Command, Io } from './command.ts'
import { asInFile } from './fault_words.ts'
import { readConfig, SETTINGS } from './settings_file.ts'
import { readWorkerEnv, VARIABLE_BYTES, type WorkerEnv } from './worker_env.ts'

/** What the start would find. */
export interface Findings {
  readonly faults: readonly string[]
  /** The first client that is told something by RS256. */
  readonly byRs256: string | undefined
  /** What the operator ought to know, where it can start. */
  readonly advice: readonly string[]
}

/**
 * Returns what is wrong with a Worker's env, as the issuer finds it when it starts, and what its ring must have.
 *
 * @param change what takes the place of some settings. Default: nothing
 */
export async function examine(
  { env, isServed }: WorkerEnv,
  ownGrants: readonly string[],
  change: (settings: IssuerSettings) => IssuerSettings = (settings) => settings,
): Promise<Findings> {
  // Only who runs an issuer has what it is made of.
  const { gatherBindings } = await import('../bindings.ts')
  const { checkSettings } = await import('../settings/settings.ts')
  const { developmentLogin } = await import('../login/development.ts')
  const { wantedAlgorithms } = await import('../registration/clients/client_algorithms.ts')
  const list = createFaultList()
  const decide = (): never => {
    throw new TypeError('a stand-in')
  }
  const gathered = gatherBindings(env, list)
  const settings = {
    ...gathered,
    // As `bulla serve` has it.
    ...(isServed && isLoopback(gathered.issuer) && { authenticate: gathered.authenticate ?? developmentLogin }),
  }
  const grants = ownGrants.map((type) => ({ type, decide }))
  const checked = list.read(() => checkSettings({ ...change(settings), grants }))
  const isProvider = checked?.openid !== undefined
  const clients = [...(checked?.clients.values() ?? [])]
  const needing = clients.find((client) => wantedAlgorithms(client, isProvider).some(({ alg }) => alg === 'RS256'))
  return {
    faults: list.faults.map(({ message }) => message),
    byRs256: needing?.id,
    advice: checked === undefined ? [] : adviseOn(checked),
  }
}

/** Says what was not looked at. */
function sayLimits({ secrets, open, long, others, isServed }: WorkerEnv, byRs256: string | undefined, io: Io): void {
  if (secrets.length > 0) io.say(`not checked, for they are secrets: ${secrets.join(', ')}`)
  if (byRs256 !== undefined)
    io.say(
      `not checked: KEY_RING needs an RSA key, for the client "${byRs256}" (\`bulla keys show\` tells whether it has one)`,
    )
  if (isServed) io.say('taken for granted: a guard, and a list of what was revoked, as `bulla serve` has them')
  for (const [name, bytes] of long)
    io.say(`too long for a Worker: ${name} has ${bytes} bytes, and a variable holds ${VARIABLE_BYTES}`)
  if (open.length > 0) io.say(`for all to read, and ought to be secrets: ${open.join(', ')}`)
  if (others.length > 0) io.say(`not checked: the environments ${others.join(', ')}; see --env`)
}

/** What a Worker lacks whose requests nobody can follow. */
const UNFOLLOWED =
  'without "nodejs_als" in compatibility_flags events say neither their client, person and grant nor their request, and lines of the log no request'

const check: Command = {
  call: 'check',
  summary: 'all that is wrong with the settings, one a line; exit 1 if any',
  guesses: ['validate', 'lint', 'verify', 'test'],
  example: { line: 'bulla check --settings wrangler.toml' },
  details:
    'The rules are those by which the issuer starts. What is no secret is read from the file alone: no Worker and no key is asked.',
  options: {
    settings: SETTINGS,
    env: { type: 'string', value: 'NAME', help: 'an environment of the file' },
    grant: { type: 'string', multiple: true, value: 'TYPE', help: 'a grant type of your own' },
  },
  async run(values, _operand, io) {
    const { file, config } = await readConfig(values.text('settings'))
    const environment = values.text('env')
    const worker = readWorkerEnv(file, config, environment)
    const place = environment === undefined ? '' : `env.${environment}.`
    const stray = worker.stray.map(
      (name) => `"${name}" stands outside of the variables; did you mean [${place}vars.${name}]?`,
    )
    const { faults: found, byRs256, advice } = await examine(worker, values.list('grant'))
    const faults = [...new Set([...stray, ...worker.misplaced, ...found.map(asInFile)])]
    const known = worker.isFollowing ? advice : [...advice, UNFOLLOWED]
    const ok = faults.length === 0
    const report = {
      ok,
      file,
      ...(environment !== undefined && { env: environment }),
      faults,
      to_know: ok ? known : [],
    }
    if (values.has('json')) io.out(JSON.stringify(report, undefined, 2))
    else for (const fault of faults) io.out(`${file}${environment === undefined ? '' : `, ${environment}`}: ${fault}`)
    sayLimits(worker, byRs256, io)
    if (!ok) return 1
    for (const words of known) io.say(`to know: ${words}`)
    io.say(`${file}: the issuer can start with these settings`)
    return 0
  },
}

/** The command that looks at the settings. */
export const checkCommands: readonly Command[] = [check]
