/**
 * The settings on this machine: those of each wrangler.toml, but that hosts are ports, that a client's secret is its name and
 * `-secret`, and that anybody is who they say until a provider's secret is in issuer/.dev.vars. For `npm run dev`, and for tests.
 */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRing, writeRing } from 'bulla/keys'
import { parse } from 'smol-toml'

/** What of a wrangler.toml is another on this machine. */
export interface Config {
  routes?: unknown
  vars: Record<string, unknown> & { CLIENTS?: Record<string, { secret_hash?: string }> }
}

const HERE = import.meta.dirname
const SECRETS = join(HERE, 'issuer', '.dev.vars')
const { ISSUER_PORT = '8787', SERVER_PORT = '8788' } = process.env
export const ISSUER = `http://localhost:${ISSUER_PORT}`
export const SERVER = `http://localhost:${SERVER_PORT}`

const read = (folder: string) => parse(readFileSync(join(HERE, folder, 'wrangler.toml'), 'utf8')) as unknown as Config
const hashOf = (secret: string) => `sha256:${createHash('sha256').update(secret).digest('base64url')}`

/** Returns new secrets of an issuer on this machine. */
export function newSecrets(): Record<'DEVELOPMENT' | 'KEY_RING' | 'REGISTRATION_KEYS', string> {
  const ring = createRing({ now: Math.floor(Date.now() / 1000), key: randomBytes(32) })
  return {
    DEVELOPMENT: 'true',
    KEY_RING: writeRing(ring),
    REGISTRATION_KEYS: randomBytes(32).toString('base64url'),
  }
}

/** Writes the issuer's secrets, where there are none yet, for their owner alone. */
export function writeSecrets(): void {
  if (existsSync(SECRETS)) return
  const lines = Object.entries(newSecrets()).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(SECRETS, `# Of this machine alone.\n${lines.join('')}`, { mode: 0o600, flag: 'wx' })
}

/** Returns the settings of both Workers. */
export function localSettings(): { issuer: Config; server: Config } {
  const both = { issuer: read('issuer'), server: read('server') }
  const { CLIENTS = {} } = both.issuer.vars
  for (const [id, client] of Object.entries(CLIENTS))
    if (client.secret_hash) client.secret_hash = hashOf(`${id}-secret`)
  const { RESOURCE, CLIENT_ID } = both.server.vars
  both.server.vars['CLIENT_SECRET'] = `${CLIENT_ID}-secret`
  const hasProvider = existsSync(SECRETS) && /^LOGIN_CLIENT_SECRET/m.test(readFileSync(SECRETS, 'utf8'))
  if (!hasProvider) delete both.issuer.vars['LOGIN']
  for (const config of Object.values(both)) delete config.routes
  const text = JSON.stringify(both)
    .replaceAll(String(both.issuer.vars['ISSUER']), ISSUER)
    .replaceAll(new URL(String(RESOURCE)).origin, SERVER)
  return JSON.parse(text)
}
