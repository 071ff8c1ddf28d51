/**
 * `bulla keys export`: what a resource server is given of the ring.
 *
 * @module
 */

import {
  CONTENT_ENCRYPTION_BYTES,
  type ContentEncryption,
  exportJwks,
  exportKeys,
  writeKeys,
} from '../../keys/index.ts'
import { type Command, OUT, Refusal, UsageError, type Values } from './command.ts'
import { RING, readRingText, readText } from './ring_file.ts'

/** Reads the content encryption that was asked for. */
export function readEnc(values: Values): ContentEncryption {
  const enc = values.text('enc') ?? 'A256GCM'
  if (!Object.hasOwn(CONTENT_ENCRYPTION_BYTES, enc)) {
    throw new UsageError(`--enc expected ${Object.keys(CONTENT_ENCRYPTION_BYTES).join(' or ')}`)
  }
  return enc as ContentEncryption
}

/** The command that exports a resource's keys. */
export const keysExport: Command = {
  call: 'keys export',
  summary: "what a resource server needs to open its tokens: its branches, or with --jwks some periods' leaves",
  details:
    'What it prints is a secret of that resource server: who has it can open, and forge, tokens for that resource and no other.',
  options: {
    ring: RING,
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    resource: { type: 'string', value: 'URI', help: 'the URI of the resource' },
    enc: { type: 'string', value: 'ENC', help: 'its content encryption: A256GCM (default) or A256CBC-HS512' },
    branch: {
      type: 'string',
      value: 'N',
      help: 'the number of its branch, as `branch` in its settings has it (default 1)',
    },
    jwks: { type: 'boolean', help: 'a plain JWK Set that any JOSE library can use, for some periods' },
    periods: {
      type: 'string',
      value: 'N',
      help: 'with --jwks: the previous, the current and N - 2 more periods (default 3)',
    },
    out: OUT,
  },
  async run(values, _operand, io) {
    const { ring: exported, bad } = readRingText(await readText(values.need('ring'), io))
    for (const { message } of bad) io.say(`left out: ${message}`)
    const periods = values.number('periods') ?? 3
    if (periods < 1 || periods > 366) throw new UsageError('--periods expected 1 to 366')
    if (values.has('periods') && !values.has('jwks')) throw new UsageError('--periods goes with --jwks')
    const branch = values.number('branch')
    const keys = exportKeys(exported, {
      issuer: values.need('issuer'),
      resource: values.need('resource'),
      enc: readEnc(values),
      ...(branch === undefined ? {} : { branch }),
      now: io.now,
    })
    if (keys.branches.length === 0) throw new Refusal('the ring has no root that may open now')
    io.out(values.has('jwks') ? JSON.stringify(exportJwks(keys, io.now, periods)) : writeKeys(keys))
    return 0
  },
}
