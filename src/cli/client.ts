/**
 * `bulla client new`: a secret, once, and the settings entry with its hash.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { grants } from '../grants/index.ts'
import { digestText } from '../protocol/digest.ts'
import { type Command, UsageError } from './command.ts'

/** Returns a list as TOML writes it; a JSON text is a TOML text too. */
function writeToml(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`
}

const create: Command = {
  call: 'client new',
  operand: 'ID',
  summary: 'a secret, once, and the settings entry with its hash',
  details: 'Give the secret to the client; it is not kept. The entry goes into wrangler.toml.',
  options: {
    grant: {
      type: 'string',
      multiple: true,
      value: 'TYPE',
      help: 'a grant type that it may use (default client_credentials)',
    },
    resource: { type: 'string', multiple: true, value: 'URI', help: 'a resource that it may have tokens for' },
    scope: { type: 'string', value: 'SCOPE', help: 'the scope tokens that it may have, with spaces between' },
    json: { type: 'boolean', help: 'as JSON: client_id, client_secret, settings' },
  },
  async run(values, id, io) {
    if (!/^[A-Za-z0-9._~-]{1,256}$/.test(id)) throw new UsageError('ID expected 1 to 256 characters of [A-Za-z0-9._~-]')
    const given = values.list('grant')
    const grant_types = given.length === 0 ? ['client_credentials'] : given
    const unknown = grant_types.find((type) => !grants.has(type))
    if (unknown !== undefined) throw new UsageError(`--grant expected one of: ${[...grants.keys()].join(', ')}`)
    const resources = values.list('resource')
    const scopes =
      values
        .text('scope')
        ?.split(' ')
        .filter((token) => token !== '') ?? []
    const client_secret = encodeBase64url(io.random())
    const secret_hash = `sha256:${encodeBase64url(digestText(client_secret))}`
    const settings = { secret_hash, grant_types, resources, scopes }
    if (values.has('json')) {
      io.out(JSON.stringify({ client_id: id, client_secret, settings }, undefined, 2))
      return 0
    }
    io.say('The secret, shown this once, and the entry for wrangler.toml:')
    io.out(client_secret)
    io.out('')
    io.out(`[vars.CLIENTS.${/^[A-Za-z0-9_-]+$/.test(id) ? id : JSON.stringify(id)}]`)
    io.out(`secret_hash = "${secret_hash}"`)
    io.out(`grant_types = ${writeToml(grant_types)}`)
    io.out(`resources = ${writeToml(resources)}`)
    io.out(`scopes = ${writeToml(scopes)}`)
    return 0
  },
}

/** The commands about clients. */
export const clientCommands: readonly Command[] = [create]
