/**
 * `bulla token inspect`: what is in a token, with no server running.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import { MOST_TOLERANT } from '../token/claims.ts'
import { describeEntitlement } from '../token/introspection.ts'
import type { Command } from './command.ts'
import { ENC } from './known_resource.ts'
import { isJson } from './ring_file.ts'
import { SETTINGS } from './settings_file.ts'
import { createOpener } from './token_opener.ts'

/** Returns the token in a text: the text itself, or the `access_token` of a token answer. */
function readToken(text: string): string {
  if (!isJson(text)) return text.trim()
  try {
    return String((JSON.parse(text) as { access_token?: unknown }).access_token ?? '')
  } catch {
    return ''
  }
}

const inspect: Command = {
  call: 'token inspect',
  summary: 'the token on stdin as RFC 7662 JSON; exit 1 with {"active":false} when it is not active',
  details: 'stdin is the token, or the whole answer of the token endpoint.',
  options: {
    keys: {
      type: 'string',
      value: 'FILE',
      help: "what `keys export` printed; a ring, or a dotenv file with KEY_RING; or the resource server's private JWK",
    },
    jwks: { type: 'string', value: 'FILE', help: "for a signed token, without a ring: the issuer's JWK Set" },
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    resource: { type: 'string', value: 'URI', help: 'the URI of the resource that the token is for' },
    settings: SETTINGS,
    enc: ENC,
    explain: { type: 'boolean', help: 'say on stderr why a token is not active' },
  },
  async run(values, _operand, io) {
    const { meant, open } = await createOpener(values, io)
    const { issuer, resource, unknown } = meant
    // A token of the issuer's is not early because this machine's clock is behind; when it is over is told to the second.
    const times = { now: io.now, clockTolerance: MOST_TOLERANT, overdue: 0, longestLife: 86_400 }
    const expected = { issuer, resource, ...times, anonymous: true }
    try {
      const token = readToken(await io.stdin())
      const { entitlement } = await open(token, expected)
      io.out(JSON.stringify(describeEntitlement(entitlement, issuer), undefined, 2))
      return 0
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      io.out(JSON.stringify({ active: false }))
      if (!values.has('explain')) return 1
      io.say(`${error.code}: ${explain(error.code)}`)
      if (unknown !== undefined) io.say(`note: ${unknown}`)
      return 1
    }
  },
}

/** The commands about tokens. */
export const tokenCommands: readonly Command[] = [inspect]
