/**
 * An operator at a running issuer: where that is, and by what it is proved who asks.
 *
 * @module
 */

import { writeBasic } from '../protocol/basic.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { secretIn } from './client.ts'
import { type Command, type Io, Refusal, UsageError, type Values } from './command.ts'
import { readText } from './ring_file.ts'

/** The options that say so. */
export const OPERATOR: Command['options'] = {
  issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
  client: { type: 'string', value: 'ID', help: "the client_id of an entry of kind 'operator'" },
  'secret-file': {
    type: 'string',
    value: 'FILE',
    help: 'holds its secret, or is what `bulla client new` made; - is stdin',
  },
}

/**
 * Returns the URL of the issuer, without a slash at its end.
 *
 * @throws {UsageError} when a secret must not be sent there
 */
export function issuerOf(values: Values): string {
  const issuer = values.need('issuer').replace(/\/$/, '')
  try {
    checkRemoteUrl('--issuer', `${issuer}/`, true)
  } catch {
    throw new UsageError('--issuer expected an https URL, or http on this machine')
  }
  return issuer
}

/**
 * Returns the header that proves an operator.
 *
 * @throws {Refusal} when there is no secret in the file
 */
export async function authorizationOf(values: Values, io: Io): Promise<string> {
  const id = values.need('client')
  const secret = secretIn(id, await readText(values.need('secret-file'), io))
  if (secret !== undefined) return writeBasic({ id, secret })
  throw new Refusal(
    `--secret-file expected the secret of "${id}" alone, or the file that \`bulla client new ${id}\` made`,
  )
}
