/**
 * `bulla token inspect`: what is in a token, with no server running.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import { MOST_TOLERANT } from '../token/claims.ts'
import { describeEntitlement } from '../token/introspection.ts'
import type { Command, Io, Values } from './command.ts'
import { ENC } from './known_resource.ts'
import { isAboutLogin, openLogin } from './login_opener.ts'
import { isJson } from './ring_file.ts'
import { SETTINGS } from './settings_file.ts'
import { createOpener } from './token_opener.ts'

/**
 * Returns the token in a text: the text itself, or the `access_token` of a token answer.
 *
 * @param isForLogin whether its `id_token` is meant
 */
function readToken(text: string, isForLogin: boolean): string {
  if (!isJson(text)) return text.trim()
  try {
    const answer = JSON.parse(text) as Readonly<Record<string, unknown>>
    return String((isForLogin ? answer['id_token'] : answer['access_token']) ?? '')
  } catch {
    return ''
  }
}

/** Prints what a client is told of who logged in, and says of each claim where it came from. */
async function inspectLogin(values: Values, token: string, io: Io): Promise<number> {
  try {
    const { claims, origins } = await openLogin(values, token, io)
    io.out(JSON.stringify({ active: true, ...claims }, undefined, 2))
    const width = Math.max(...Object.keys(origins).map(({ length }) => length))
    for (const [name, origin] of Object.entries(origins)) io.say(`${name.padEnd(width)}  ${origin}`)
    return 0
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return refuse(values, error, io)
  }
}

/** Prints that a token is not active; why, where that is asked for. */
function refuse(values: Values, error: TokenError, io: Io, note?: string): number {
  io.out(JSON.stringify({ active: false }))
  if (!values.has('explain')) return 1
  io.say(`${error.code}: ${explain(error.code)}`)
  if (note !== undefined) io.say(`note: ${note}`)
  return 1
}

const inspect: Command = {
  call: 'token inspect',
  summary: 'the token on stdin as RFC 7662 JSON; exit 1 with {"active":false} when it is not active',
  details:
    'stdin is the token, or the whole answer of the token endpoint. Without --resource it is an ID token, and with the URI <issuer>/userinfo one that asks who logged in: then stderr says of each claim where it came from.',
  guesses: ['decode', 'verify', 'introspect', 'open'],
  example: {
    line: 'bulla token inspect --keys api.keys --issuer https://auth.example.com --resource https://api.example.com < token.txt',
  },
  needs: ['keys', 'issuer'],
  options: {
    keys: {
      type: 'string',
      value: 'FILE',
      help: "what `keys export` printed; a ring, or a dotenv file with KEY_RING; or the resource server's private JWK",
    },
    jwks: { type: 'string', value: 'FILE', help: "for a signed token, without a ring: the issuer's JWK Set" },
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    resource: {
      type: 'string',
      value: 'URI',
      help: 'the URI of the resource that the token is for; none for an ID token',
    },
    settings: SETTINGS,
    enc: ENC,
    explain: { type: 'boolean', help: 'say on stderr why a token is not active' },
  },
  async run(values, _operand, io) {
    const token = readToken(
      values.text('keys') === '-' ? '' : await io.stdin('the token'),
      values.text('resource') === undefined,
    )
    if (isAboutLogin(values, token)) return inspectLogin(values, token, io)
    const { meant, open } = await createOpener(values, io)
    const { issuer, resource, unknown } = meant
    // A token of the issuer's is not early because this machine's clock is behind; when it is over is told to the second.
    const times = { now: io.now, clockTolerance: MOST_TOLERANT, overdue: 0, longestLife: 86_400 }
    const expected = { issuer, resource, ...times, anonymous: true }
    try {
      const { entitlement } = await open(token, expected)
      io.out(JSON.stringify(describeEntitlement(entitlement, issuer), undefined, 2))
      if (entitlement.providerToken !== undefined)
        io.say('note: it carries the access token of a provider, which is shown to nobody')
      return 0
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      return refuse(values, error, io, unknown)
    }
  },
}

/** The commands about tokens. */
export const tokenCommands: readonly Command[] = [inspect]
