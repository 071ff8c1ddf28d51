/**
 * `bulla subject`: what a person of an OpenID Connect provider is called here, which is what `bulla revoke sub` takes.
 *
 * @module
 */

import { upstreamSubject } from '../protocol/subject.ts'
import { type Command, type Option, Refusal, UsageError, type Values } from './command.ts'
import { UNKNOWN } from './known_resource.ts'
import { readSettings, SETTINGS, tableOf } from './settings_file.ts'

/** Where a person logs in. */
export const PROVIDER: Option = {
  type: 'string',
  value: 'ISSUER',
  help: "the issuer URL of the provider, letter by letter as LOGIN.issuer has it: then SUB is the provider's own",
}

/** Refuses a provider that the settings do not have: in another spelling, too, everybody is somebody else. */
async function checkProvider(values: Values, provider: string): Promise<void> {
  if (!/^https?:\/\/[^\s?#]+$/.test(provider)) throw new UsageError('--provider expected the issuer URL of a provider')
  const settings = await readSettings(values)
  if (settings === undefined || values.has('unknown')) return
  const { type, issuer } = tableOf(settings, 'LOGIN')
  const here =
    type === 'openid' ? `people log in at ${issuer}` : 'people log in at no provider: SUB is what your login page says'
  if (type !== 'openid' || issuer !== provider)
    throw new Refusal(`in ${settings.file} ${here}, not at ${provider}; --unknown takes it all the same`)
}

/**
 * Returns what a person whom `--provider` calls `sub` is called here.
 *
 * @throws {Refusal} when the settings have another provider
 */
export async function subjectHere(values: Values, sub: string): Promise<string> {
  const provider = values.need('provider')
  await checkProvider(values, provider)
  return upstreamSubject(provider, sub)
}

const subject: Command = {
  call: 'subject',
  summary: 'what a person of a provider is called here: the SUB of `bulla revoke sub`, and of tokens',
  details:
    'Resources and clients with pairwise subjects call the person otherwise still; revoking reaches these names too.',
  needs: ['provider', 'sub'],
  options: {
    provider: PROVIDER,
    sub: { type: 'string', value: 'ID', help: "the provider's own name of the person, its `sub`" },
    settings: SETTINGS,
    unknown: UNKNOWN,
  },
  async run(values, _operand, io) {
    io.out(await subjectHere(values, values.need('sub')))
    return 0
  },
}

/** The commands about people. */
export const subjectCommands: readonly Command[] = [subject]
