/**
 * The openers that the docs print, in the languages and with the libraries that they are for: what they take, and what not.
 *
 * @module
 */

import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ContentEncryption, createKeyring, createRing, writeRing } from '../../keys/index.ts'
import { createIssuer } from '../../src/index.ts'
import { recipientOf } from '../../src/jose/recipient.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { sealNested } from '../../src/token/nested.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic, secretHash, testKey } from '../fixtures.ts'

const issuer = 'http://localhost:8787'
const resource = 'https://api.example.com'
const now = Math.floor(Date.now() / 1000)
const ring = createRing({ now: now - 3 * 86_400, key: testKey() })
const keyring = createKeyring(ring, issuer)
const entitlement = {
  sub: 'zoë',
  client_id: 'app',
  aud: resource,
  scope: ['orders:read'],
  iat: now,
  exp: now + 600,
  jti: 'AAAAAAAAAAAAAAAAAAAAAA',
  claims: { tenant: 'größe' },
}
const claims = {
  iss: issuer,
  sub: 'zoë',
  aud: resource,
  client_id: 'app',
  scope: 'orders:read',
  iat: now,
  exp: now + 600,
  jti: entitlement.jti,
  tenant: 'größe',
}
const JKT = { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }
const CERTIFICATE = { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }

/** An opener: what is written beside the docs' block, and how it is started. It reads tokens, and prints claims or null. */
interface Opener {
  readonly block: string
  readonly file: string
  readonly main: readonly [name: string, text: string]
  readonly command: readonly [string, ...string[]]
  readonly env?: Record<string, string>
}

const OPENERS: Readonly<Record<string, Opener>> = {
  'jose, in JavaScript': {
    block: 'jose',
    file: 'opener.ts',
    main: [
      'main.ts',
      `import { json } from 'node:stream/consumers'
import { openToken } from './opener.ts'
const opened = []
for (const token of await json(process.stdin)) opened.push(await openToken(token).catch(() => null))
console.log(JSON.stringify(opened))`,
    ],
    command: ['node', 'main.ts'],
  },
  'jwcrypto, in Python': {
    block: 'jwcrypto',
    file: 'opener.py',
    main: [
      'main.py',
      `import json, sys
from opener import open_token
def attempt(token):
    try:
        return open_token(token)
    except Exception:
        return None
print(json.dumps([attempt(token) for token in json.load(sys.stdin)]))`,
    ],
    // With -O, which takes out what is only asserted.
    command: ['/usr/bin/python3', '-O', 'main.py'],
  },
  'go-jose, in Go': {
    block: 'go_jose',
    file: 'opener.go',
    main: [
      'main.go',
      `package main
import ("encoding/json"; "os")
func main() {
	var tokens []string
	if err := json.NewDecoder(os.Stdin).Decode(&tokens); err != nil { panic(err) }
	opened := []interface{}{}
	for _, token := range tokens {
		is, err := openToken(token)
		if err != nil { opened = append(opened, nil); continue }
		opened = append(opened, map[string]interface{}{"iss": is.Iss, "sub": is.Sub, "aud": is.Aud, "scope": is.Scope,
			"client_id": is.ClientID, "iat": is.Iat, "exp": is.Exp})
	}
	json.NewEncoder(os.Stdout).Encode(opened)
}`,
    ],
    command: ['go', 'run', 'opener.go', 'main.go'],
    env: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(tmpdir(), 'bulla-go-cache') },
  },
}

/** What `GET /keys` of a real issuer answers the resource's server, as text. */
async function askForKeys(enc: ContentEncryption): Promise<string> {
  const server = { kind: 'resource_server' as const, secret_hash: secretHash('api-secret'), resources: [resource] }
  const app = createIssuer({
    issuer,
    keyRing: writeRing(ring),
    resources: { [resource]: { scopes: ['orders:read'], enc } },
    clients: { api: server },
    log: () => {},
    now: () => now,
  })
  const response = await app.request(`${issuer}/keys`, { headers: { authorization: basic('api', 'api-secret') } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jwk-set+json'])
  return response.text()
}

const leavesOf = (enc: ContentEncryption) => keyring.leavesFor('access', resource, enc, 600)

/** Seals by the platform alone, so that anything can be written. */
function sealAny(keys: string, said: object = {}, inside: object = {}): string {
  const kid = leavesOf('A256GCM').sealing(now)?.kid
  const jwk = (JSON.parse(keys) as { keys: { kid: string; k: string }[] }).keys.find((key) => key.kid === kid)
  const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid, typ: 'at+jwe', ...said }))
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(jwk?.k ?? '', 'base64url'), iv)
  cipher.setAAD(Buffer.from(header.toString('base64url')))
  const sealed = Buffer.concat([cipher.update(JSON.stringify({ ...claims, ...inside })), cipher.final()])
  return [header, undefined, iv, sealed, cipher.getAuthTag()].map((part) => part?.toString('base64url') ?? '').join('.')
}

/** Cuts the tag of a token to some bytes: of the right tag, so that who looks at these alone takes it. */
function cutTag(token: string, bytes: number): string {
  const [tag = '', ...others] = token.split('.').reverse()
  const cut = Buffer.from(tag, 'base64url').subarray(0, bytes).toString('base64url')
  return [...others.reverse(), cut].join('.')
}

/** Writes a token as flattened JSON, with a member outside of what is sealed. */
function flatten(token: string): string {
  const [head = '', , iv, ciphertext, tag] = token.split('.')
  return JSON.stringify({ protected: head, unprotected: {}, iv, ciphertext, tag })
}

type Case = readonly [what: string, token: string]

async function refusals(keys: string): Promise<readonly Case[]> {
  const sealed = (changes: object): Promise<string> =>
    sealDirect({ ...entitlement, ...changes }, issuer, leavesOf('A256GCM'), now)
  const good = await sealed({})
  return [
    ['bound to a DPoP key', await sealed(JKT)],
    ['bound to a certificate', await sealed(CERTIFICATE)],
    ['with a cnf of nothing', sealAny(keys, {}, { cnf: {} })],
    ['for another resource', sealAny(keys, {}, { aud: 'https://other.example' })],
    ['for two resources', sealAny(keys, {}, { aud: [resource, 'https://other.example'] })],
    ['of another issuer', sealAny(keys, {}, { iss: 'https://other.example' })],
    [
      'for another resource, with another claim Aud',
      sealAny(keys, {}, { aud: 'https://other.example', Aud: resource }),
    ],
    ['that has expired', sealAny(keys, {}, { iat: now - 700, exp: now - 100 })],
    ['from the future', sealAny(keys, {}, { iat: now + 300, exp: now + 600 })],
    ['for ever', sealAny(keys, {}, { exp: now + 10 * 86_400 })],
    ['without an end', sealAny(keys, {}, { exp: undefined })],
    ['of another type', sealAny(keys, { typ: 'code+jwe' })],
    ['of no type', sealAny(keys, { typ: undefined })],
    ['with an extension that must be known', sealAny(keys, { crit: ['x'], x: 1 })],
    ['with a header that is not ours', sealAny(keys, { x: 1 })],
    ['under a key that is not there', sealAny(keys, { kid: 'r9.1' })],
    ['with a tag of one byte', cutTag(good, 1)],
    ['with a tag of 12 bytes', cutTag(good, 12)],
    ['without a tag', cutTag(good, 0)],
    ['with another tag', `${cutTag(good, 15)}A`],
    ['as JSON', flatten(good)],
    ['that is none', 'x'],
  ]
}

describe.each(Object.entries(OPENERS))('by the docs alone, with %s', (_, { block, file, main, command, env }) => {
  /** Has the opener look at tokens. */
  async function open(keys: string, tokens: readonly string[], change = (text: string) => text): Promise<unknown[]> {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-openers-'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'jwks.json'), keys)
    await writeFile(join(folder, file), change(blockOf(block)))
    await writeFile(join(folder, main[0]), main[1])
    const [program, ...args] = command
    const { code, out, err } = await run(program, args, {
      cwd: folder,
      input: JSON.stringify(tokens),
      ...(env && { env }),
    })
    expect([code, err]).toEqual([0, ''])
    return JSON.parse(out)
  }

  let keys = ''
  beforeAll(async () => {
    keys = await askForKeys('A256GCM')
  })

  it('a token of the issuer is opened by what GET /keys answers, and so is one of our own making here', async () => {
    const good = await sealDirect(entitlement, issuer, leavesOf('A256GCM'), now)
    const { jti: _, tenant: __, ...told } = claims
    for (const opened of await open(keys, [good, sealAny(keys)])) expect(opened).toMatchObject(told)
  })

  it('everything is refused that is no token for this API, now, from whoever shows it', async () => {
    const cases = await refusals(keys)
    const opened = await open(
      keys,
      cases.map(([, token]) => token),
    )
    expect(cases.filter((_, index) => opened[index] !== null).map(([what]) => what)).toEqual([])
    expect(opened).toHaveLength(cases.length)
  })

  it('with A256CBC-HS512, where the docs name the lengths, a token is opened, and one with a short tag is not', async () => {
    const change = (text: string) => text.replaceAll('A256GCM', 'A256CBC-HS512').replaceAll('{22}', '{43}')
    const good = await sealDirect(entitlement, issuer, leavesOf('A256CBC-HS512'), now)
    const tokens = [good, cutTag(good, 1), cutTag(good, 16), cutTag(good, 31)]
    const [opened, ...others] = await open(await askForKeys('A256CBC-HS512'), tokens, change)
    expect(opened).toMatchObject({ sub: 'zoë', aud: resource })
    expect(others).toEqual([null, null, null])
  })
})

describe("the partner's program in the docs", () => {
  it('takes a token that is its own, and none that is bound to a key, over, or whose tag is short', async () => {
    const signers = createServer(async (_, response) => {
      const app = createIssuer({ issuer, keyRing: writeRing(ring), resources: {}, clients: {}, now: () => now })
      response.end(await (await app.request(`${issuer}/jwks`)).text())
    })
    await new Promise<void>((resolve) => signers.listen(0, '127.0.0.1', resolve))
    const here = `http://127.0.0.1:${(signers.address() as AddressInfo).port}`
    const partner = { ...entitlement, aud: 'https://partner.example.com', scope: ['reports:read'] }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'partner-1' }
    const { d: _, ...publicKey } = jwk
    const to = await recipientOf({ ...publicKey, use: 'enc' }, 'A256GCM')
    const by = keyring.signingKeys.signing('ES256', now)
    if (by === undefined) throw new Error('no key signs')
    const sealed = (changes: object): Promise<string> => sealNested({ ...partner, ...changes }, issuer, by, to)
    const folder = await mkdtemp(join(tmpdir(), 'bulla-openers-'))
    await writeFile(join(folder, 'partner.json'), JSON.stringify(jwk))
    await writeFile(join(folder, 'partner.py'), blockOf('partner').replace('f"{issuer}/jwks"', `"${here}/jwks"`))
    const open = (token: string) => run('/usr/bin/python3', ['-O', 'partner.py'], { cwd: folder, input: token })
    try {
      const good = await sealed({})
      expect(await open(good)).toEqual({ code: 0, out: 'reports:read\n', err: '' })
      const bad: readonly Case[] = [
        ['bound to a key, which nothing here proves', await sealed(JKT)],
        ['bound to a key, which nothing here proves', await sealed(CERTIFICATE)],
        ['for somebody else', await sealed({ aud: resource })],
        ['not of now', await sealed({ iat: now - 700, exp: now - 100 })],
        ['a form or a tag that is not ours', cutTag(good, 1)],
      ]
      for (const [why, token] of bad) expect(await open(token)).toEqual({ code: 1, out: '', err: `${why}\n` })
    } finally {
      signers.close()
    }
  })
})
