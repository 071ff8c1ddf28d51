/**
 * `bulla token inspect`: what is in a token, with no server running.
 *
 * @module
 */

import { createLeaves, exportKeys, type ResourceKeys, readKeys } from '../../keys/index.ts'
import { openDirect } from '../token/direct.ts'
import { TokenError } from '../token/error.ts'
import { type Command, type Io, UsageError, type Values } from './command.ts'
import { readEnc } from './keys.ts'
import { isJson, readRingText, readText } from './ring_file.ts'

/** Returns a resource's keys from what `keys export` printed, or from the ring itself. */
function keysFrom(text: string, values: Values, io: Io): ResourceKeys {
  const isExport = isJson(text) && !text.includes('"roots"')
  if (isExport) return readKeys(text)
  const { ring } = readRingText(text)
  return exportKeys(ring, {
    issuer: values.need('issuer'),
    resource: values.need('resource'),
    enc: readEnc(values),
    now: io.now,
  })
}

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
      help: 'what `keys export` printed; or a ring, or a dotenv file with KEY_RING',
    },
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    resource: { type: 'string', value: 'URI', help: 'the URI of the resource that the token is for' },
    enc: { type: 'string', value: 'ENC', help: 'with a ring: A256GCM (default) or A256CBC-HS512' },
    explain: { type: 'boolean', help: 'say on stderr why a token is not active' },
  },
  async run(values, _operand, io) {
    const file = values.need('keys')
    if (file === '-') throw new UsageError('--keys expected a file: stdin is for the token')
    const [issuer, resource] = [values.need('issuer'), values.need('resource')]
    const keys = keysFrom(await readText(file, io), values, io)
    if (keys.issuer !== issuer || keys.resource !== resource)
      throw new UsageError('--keys are of another issuer or resource')
    const longestLife = 86_400
    const expected = { issuer, resource, now: io.now, clockTolerance: 0, longestLife, anonymous: true }
    try {
      const token = readToken(await io.stdin())
      const { entitlement } = await openDirect(token, createLeaves({ ...keys, longestLife }), expected)
      const { scope, claims, ...others } = entitlement
      const granted = scope.length > 0 ? { scope: scope.join(' ') } : {}
      const facts = { active: true, iss: issuer, ...others, ...granted, token_type: 'Bearer', ...claims }
      io.out(JSON.stringify(facts, undefined, 2))
      return 0
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      io.out(JSON.stringify({ active: false }))
      if (values.has('explain')) io.say(`${error.code}: ${error.message}`)
      return 1
    }
  },
}

/** The commands about tokens. */
export const tokenCommands: readonly Command[] = [inspect]
