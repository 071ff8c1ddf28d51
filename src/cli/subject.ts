/**
 * `bulla subject`: what a person of a provider is called here, which is what `bulla revoke sub` takes.
 *
 * @module
 */

import { loginNames } from '../binding_kinds.ts'
import { knownMembers } from '../login/known_providers.ts'
import { PROVIDER_NAME } from '../login/login_providers.ts'
import { PLACE } from '../login/tenants.ts'
import type { Table } from '../node/settings_text.ts'
import { providerSubject, upstreamSubject } from '../protocol/subject.ts'
import { type Command, type Option, Refusal, UsageError, type Values } from './command.ts'
import { printEventNames } from './event_subject.ts'
import { UNKNOWN } from './known_resource.ts'
import { RING } from './ring_file.ts'
import { readSettings, SETTINGS, tableIn, tableOf } from './settings_file.ts'

/** Where a person logs in. */
export const PROVIDER: Option = {
  type: 'string',
  value: 'NAME|ISSUER',
  help: "what LOGIN calls the provider; or its issuer URL, letter by letter as LOGIN.issuer has it: then SUB is the provider's own",
}

/** A provider as the settings have it. */
interface Known {
  /** What `LOGIN` calls it; nothing where it is the only one. */
  readonly name: string | undefined
  readonly issuer: unknown
  readonly isDigest: boolean
  /** Whether it is a page of your own. */
  readonly isPage: boolean
}

/** Returns the providers of the settings, with what is known of those that are known by name. */
function providersIn(login: Table): readonly Known[] {
  const names = loginNames(login)
  const tables =
    names.length > 0 ? names.map((name) => [name, tableIn(login, name)] as const) : [[undefined, login] as const]
  return tables.map(([name, table]) => {
    const { type, issuer, subject } = { ...knownMembers(String(table['provider'])), ...table } as Table
    return {
      name,
      issuer,
      isDigest: name === undefined || subject === 'digest',
      isPage: type !== 'openid' && type !== 'oauth',
    }
  })
}

/** Returns where people log in, in words. */
function whereOf(known: readonly Known[]): string {
  const names = known.flatMap(({ name }) => name ?? [])
  if (names.length > 0) return `people log in at ${names.join(', ')}`
  const [only] = known
  return only === undefined || only.isPage
    ? 'people log in at no provider: SUB is what your login page says'
    : `people log in at ${only.issuer}`
}

/** Returns who a person is here, by the issuer of a provider and its own name of the person; of a template, after the tenant and a bar. */
function digestOf(issuer: string, sub: string): string {
  if (!issuer.includes(PLACE)) return upstreamSubject(issuer, sub)
  const [tenant = '', ...rest] = sub.split('|')
  if (rest.length === 0) throw new UsageError('SUB expected the tenant, a bar, and the name of the person there')
  return upstreamSubject(issuer.replace(PLACE, tenant), rest.join('|'))
}

/**
 * Returns what a person whom `--provider` calls `sub` is called here.
 *
 * @throws {Refusal} when the settings have another provider: in another spelling, too, everybody is somebody else
 */
export async function subjectHere(values: Values, sub: string): Promise<string> {
  const provider = values.need('provider')
  const isName = PROVIDER_NAME.test(provider)
  if (!isName && !/^https?:\/\/[^\s?#]+$/.test(provider))
    throw new UsageError('--provider expected the issuer URL of a provider, or what LOGIN calls it')
  const settings = await readSettings(values)
  const known = settings === undefined ? [] : providersIn(tableOf(settings, 'LOGIN'))
  const there = known.find(({ name, issuer, isPage }) => (isName ? name === provider : issuer === provider && !isPage))
  if (there === undefined) {
    if (settings !== undefined && !values.has('unknown'))
      throw new Refusal(`in ${settings.file} ${whereOf(known)}, not at ${provider}; --unknown takes it all the same`)
    return isName ? providerSubject(provider, sub) : upstreamSubject(provider, sub)
  }
  const { name, issuer, isDigest, isPage } = there
  if (isPage)
    throw new Refusal(`people of ${provider} are called as your login page calls them: SUB is that, without --provider`)
  if (isDigest) return digestOf(String(issuer), sub)
  if (name !== undefined && isName) return providerSubject(name, sub)
  throw new Refusal(`people of ${provider} are called by what LOGIN calls it: --provider ${name}`)
}

const subject: Command = {
  call: 'subject',
  summary: 'what a person of a provider is called here: the SUB of `bulla revoke sub`, and of tokens; or in events',
  details:
    'Resources and clients with pairwise subjects call the person otherwise still; revoking reaches these names too.\nWith --event it prints the pseudonyms that stand in events, one a line, for each root of the ring and each pairwise name.',
  example: { line: 'bulla subject --provider github --sub 583231', prints: 'github|583231' },
  needs: ['sub'],
  options: {
    provider: PROVIDER,
    sub: { type: 'string', value: 'ID', help: "the provider's own name of the person, its `sub`" },
    event: {
      type: 'boolean',
      help: 'the pseudonyms in events (EVENT_SUBJECTS = "hash"); without --provider ID is what the person is called here',
    },
    ring: RING,
    issuer: { type: 'string', value: 'URL', help: "with --event, the URL of the issuer (default: the settings')" },
    settings: SETTINGS,
    unknown: UNKNOWN,
  },
  async run(values, _operand, io) {
    const sub = values.need('sub')
    const isForEvents = values.has('event')
    const stray = ['ring', 'issuer'].find((name) => values.has(name))
    if (!isForEvents && stray !== undefined) throw new UsageError(`--${stray} goes with --event`)
    const here = isForEvents && !values.has('provider') ? sub : await subjectHere(values, sub)
    if (isForEvents) await printEventNames(values, here, io)
    else io.out(values.has('json') ? JSON.stringify({ sub: here }) : here)
    return 0
  },
}

/** The commands about people. */
export const subjectCommands: readonly Command[] = [subject]
