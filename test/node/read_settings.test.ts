import { execFileSync } from 'node:child_process'
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { readSettings } from '../../src/node/index.ts'
import { LONGEST_SETTINGS } from '../../src/token/sealed_settings.ts'
import { secretHash, testRing } from '../fixtures.ts'

const RING = writeRing(testRing(1_790_000_000))
const folder = mkdtempSync(join(tmpdir(), 'bulla-settings-'))
const fileOf = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const VARS = {
  ISSUER: 'https://auth.example.com',
  RESOURCES: { 'https://api.example.com': { scopes: ['read'] } },
  CLIENTS: {
    one: {
      secret_hash: secretHash('x'),
      grant_types: ['client_credentials'],
      resources: ['https://api.example.com'],
      scopes: ['read'],
    },
  },
  LOGIN: {
    acme: { type: 'openid', issuer: 'https://accounts.acme.example', client_id: 'x' },
    page: { type: 'openid', issuer: 'https://login.example', client_id: 'y' },
  },
  LOGIN_LIFETIME: 600,
}
const TOML = `
name = "auth"
main = "src/worker.ts"
[[durable_objects.bindings]]
name = "GUARD"
class_name = "GuardObject"
[vars]
ISSUER = "https://auth.example.com"
LOGIN_LIFETIME = 600
[vars.RESOURCES."https://api.example.com"]
scopes = ["read"]
[vars.CLIENTS.one]
secret_hash = "${secretHash('x')}"
grant_types = ["client_credentials"]
resources = ["https://api.example.com"]
scopes = ["read"]
[vars.LOGIN.acme]
type = "openid"
issuer = "https://accounts.acme.example"
client_id = "x"
[vars.LOGIN.page]
type = "openid"
issuer = "https://login.example"
client_id = "y"
[env.staging.vars]
ISSUER = "https://staging.example.com"
`

describe('sealed settings in a file', () => {
  const env = { KEY_RING: RING, LOGIN_CLIENT_SECRET_ACME: 'a', LOGIN_CLIENT_SECRET_PAGE: 'b' }
  const readAt = (file: string) => {
    const { settingsBundle } = readSettings(TOML.replace('[vars]', `[vars]\nSETTINGS = ${JSON.stringify(file)}`), env)
    if (typeof settingsBundle !== 'function') throw new Error('no function')
    return settingsBundle()
  }

  it('are read no further than they may be long, whatever somebody put there', async () => {
    const file = fileOf('huge.jwe', 'x')
    truncateSync(file, 64 * LONGEST_SETTINGS)
    expect((await readAt(file))?.length).toBe(LONGEST_SETTINGS + 3)
    expect(await readAt(join(folder, 'none.jwe'))).toBeUndefined()
  })

  it('are none in a folder, in a pipe that nobody writes to, and where nobody may look: the log says so', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const [file, detail] of [
      [folder, 'no file'],
      [pipe, 'no file'],
      [join(fileOf('leaf', 'x'), 'under'), 'ENOTDIR'],
    ] as const)
      await expect(readAt(file)).rejects.toMatchObject({
        reason: 'settings_unread',
        message: `the sealed settings cannot be read: ${detail}`,
      })
  })
})

describe('readSettings', () => {
  const env = { KEY_RING: RING, LOGIN_CLIENT_SECRET_ACME: 'a', LOGIN_CLIENT_SECRET_PAGE: 'b' }

  it.each([
    ['wrangler.toml', TOML],
    ['wrangler.jsonc', `// ours\n${JSON.stringify({ name: 'auth', vars: VARS }).replace(/\}$/, ',}')}`],
    ['the variables alone, as JSON', JSON.stringify(VARS)],
  ])('reads one file for every runtime: %s', (_, text) => {
    const { authenticate, ...settings } = readSettings(text, env)
    expect(settings).toEqual({
      issuer: VARS.ISSUER,
      keyRing: RING,
      resources: VARS.RESOURCES,
      clients: VARS.CLIENTS,
      loginLifetime: 600,
      onEvent: expect.any(Function),
    })
    expect([...(authenticate?.providers?.keys() ?? [])]).toEqual(['acme', 'page'])
  })

  it('takes each secret from the environment, or from the file that it names there, without the line end; and an empty variable is none', () => {
    const files = {
      KEY_RING: '',
      KEY_RING_FILE: fileOf('ring.json', `${RING}\n`),
      KEY_RING_NEXT: '',
      PAIRWISE_SALT_FILE: fileOf('salt', 'x'.repeat(43)),
      LOGIN_CLIENT_SECRET_ACME_FILE: fileOf('acme', 'a\n'),
      LOGIN_CLIENT_SECRET_PAGE: 'b',
    }
    const { keyRing, keyRingNext, pairwiseSalt } = readSettings(TOML, files)
    expect({ keyRing, keyRingNext, pairwiseSalt }).toEqual({
      keyRing: RING,
      keyRingNext: undefined,
      pairwiseSalt: 'x'.repeat(43),
    })
  })

  it.each<[what: string, text: string, env: Readonly<Record<string, string>>, words: string]>([
    [
      'a secret twice',
      TOML,
      { KEY_RING: RING, KEY_RING_FILE: 'x' },
      '"KEY_RING" and "KEY_RING_FILE" are both there; leave one',
    ],
    [
      'a secret in no file',
      TOML,
      { KEY_RING_FILE: join(folder, 'none') },
      '"KEY_RING_FILE" expected a file that can be read: ENOENT',
    ],
    [
      'a secret in a folder',
      TOML,
      { KEY_RING_FILE: folder },
      '"KEY_RING_FILE" expected a file that can be read: EISDIR',
    ],
    ['no TOML', 'a = hush', {}, 'cannot be read as TOML: line 1'],
    ['no JSON', '{ "hush" }', {}, 'cannot be read as JSON'],
    ['no table', '{ "vars": [] }', {}, 'holds no settings'],
    [
      'a setting beside the variables',
      'OPENID = {}\n[vars]\nISSUER = "https://x.example"',
      {},
      '"OPENID" stands outside of the variables; did you mean [vars.OPENID]?',
    ],
    [
      'a misspelt one',
      '[vars]\nISSUER = "https://x.example"\nCLIENT = {}',
      {},
      '"CLIENT" is no setting; did you mean "CLIENTS"? Call what is your own something else',
    ],
    ...['GUARD_URL', 'GUARD_URL_FILE', 'KEY_RING_FILE', 'LOGIN_CLIENT_SECRET_ACME_FILE'].flatMap((name) =>
      [TOML.replace('[vars]', `[vars]\n${name} = "hush"`), `${name} = "hush"\n${TOML}`].map(
        (text): [string, string, Readonly<Record<string, string>>, string] => [
          `what is read from the environment, and would be passed over in the file: ${name}`,
          text,
          {},
          `"${name}" is read from the environment, and never from a file of settings`,
        ],
      ),
    ),
  ])('refuses %s, and shows nothing of it', (_, text, given, words) => {
    expect(() => readSettings(text, given)).toThrow(new TypeError(words))
  })

  it('believes no header by which Cloudflare would tell an address or a certificate, and makes nobody’s development', () => {
    const registration =
      'DEVELOPMENT = "true"\nREGISTRATION = { resources = ["https://api.example.com"], scopes = ["read"] }'
    const text = TOML.replace('LOGIN_LIFETIME = 600', registration).replace(
      'https://auth.example.com',
      'http://localhost:8787',
    )
    const settings = readSettings(text, { ...env, REGISTRATION_KEYS: 'A'.repeat(43) })
    expect([settings.addressOf, settings.certificate, settings.isDemo]).toEqual([undefined, undefined, undefined])
    expect(Object.keys(settings.clients)).toEqual(['one'])
  })
})
