/**
 * `bulla doctor`: whether an issuer is well; and why clients do not get on at an API or issuer, ours or not.
 *
 * @module
 */

import { makeVisible } from '../protocol/visible.ts'
import { type Command, type Io, Refusal, UsageError, type Values } from './command.ts'
import { summarize, writeJson, writeReport } from './connect/report.ts'
import { walk } from './connect/walk.ts'
import { examineIssuer, writeChecks } from './issuer_doctor.ts'
import { authorizationOf, issuerOf, OPERATOR } from './operator_proof.ts'

/** Returns the exit status for an issuer of one's own. */
async function examine(values: Values, io: Io): Promise<number> {
  const stranger = ['no-register', 'max-age'].find((name) => values.has(name) || values.text(name) !== undefined)
  if (stranger !== undefined) throw new UsageError(`--${stranger} goes with --connect`)
  const issuer = issuerOf(values)
  const isOperator = values.text('client') !== undefined || values.text('secret-file') !== undefined
  const checks = await examineIssuer(issuer, isOperator ? await authorizationOf(values, io) : undefined)
  const bad = checks.filter(({ state }) => state === 'bad')
  const ok = bad.length === 0
  if (values.has('json')) io.out(JSON.stringify({ ok, issuer, checks }, null, 2))
  else for (const line of writeChecks(checks)) io.out(line)
  io.say(
    ok
      ? `${issuer} is well, as far as can be seen`
      : `${issuer} is not well: ${bad.map(({ what }) => what).join(', ')}`,
  )
  return ok ? 0 : 1
}

/** Returns the URL that was typed. */
function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.password + url.hash !== '')
    throw new UsageError('--connect expected an http(s) URL, without a user or fragment')
  return url
}

/** Returns the seconds that were typed, if any were. */
function readMaxAge(text: string | undefined): { readonly maxAge?: number } {
  if (text === undefined) return {}
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError('--max-age expected seconds, from 1 to 999999999')
  return { maxAge: Number(text) }
}

const doctor: Command = {
  call: 'doctor',
  summary:
    'with --issuer, whether an issuer of yours is well; with --connect, where an MCP client stops at an API or issuer; exit 1 if so',
  example: { line: 'bulla doctor --issuer https://auth.example.com' },
  details:
    'With --issuer it looks at guard, list, keys, metadata and clock; with --client and --secret-file also at what is due.\n\nWith --connect it asks as any client would, follows no redirect blindly, and stops where a person would log in. It registers a client\nof its own, which can be deleted: --no-register leaves that out. It looks for a break at each step, says whose fault it is,\nand how it is mended. A warning is what stops some clients alone.',
  options: {
    ...OPERATOR,
    connect: { type: 'string', value: 'URL', help: 'the URL of the API, as a client is given it; or of an issuer' },
    'no-register': { type: 'boolean', help: 'register no client, and leave out what needs one' },
    'max-age': {
      type: 'string',
      value: 'SECONDS',
      help: 'what the API demands as maxAge, which it tells nobody without a token: looks whether a login can meet it',
    },
    json: { type: 'boolean', help: 'as JSON' },
  },
  async run(values, _operand, io) {
    const { out, say, progress = () => {}, random } = io
    if (values.text('issuer') !== undefined) {
      if (values.text('connect') !== undefined) throw new UsageError('--connect and --issuer do not go together')
      return examine(values, io)
    }
    if (values.text('client') !== undefined || values.text('secret-file') !== undefined)
      throw new UsageError('--client and --secret-file go with --issuer')
    // Else nobody here can tell which addresses are public.
    if (process.getBuiltinModule === undefined) throw new Refusal('this takes Node 20.16 or newer')
    if (values.text('connect') === undefined) throw new UsageError('--issuer, or --connect, is missing')
    const report = await walk(readUrl(values.need('connect')), {
      registers: !values.has('no-register'),
      ...readMaxAge(values.text('max-age')),
      say(words) {
        progress('')
        say(makeVisible(words))
      },
      progress: (url) => progress(makeVisible(new URL(url).origin + new URL(url).pathname).slice(0, 70)),
      random: () => Buffer.from(random()).toString('base64url'),
    })
    progress('')
    if (values.has('json')) out(writeJson(report))
    else for (const line of writeReport(report)) out(line)
    say(summarize(report))
    return report.ok ? 0 : 1
  },
}

/** The command that walks to others. */
export const doctorCommands: readonly Command[] = [doctor]
