import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ContentEncryption, createKeyring, exportJwks, exportKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { ROOT, run } from '../checkout.ts'
import { testRing } from '../fixtures.ts'
import { blockOf } from '../readme.ts'

const issuer = 'http://localhost:8787'
const resource = 'https://api.example.com'
const now = Math.floor(Date.now() / 1000)
const ring = testRing(now - 3 * 86_400)
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

/** A token, and what `bulla keys export --jwks` prints for its resource. */
async function setUp(enc: ContentEncryption = 'A256GCM') {
  const leaves = createKeyring(ring, issuer).leavesFor('access', resource, enc, 600)
  const token = await sealDirect(entitlement, issuer, leaves, now)
  return { token, jwks: exportJwks(exportKeys(ring, { issuer, resource, enc, now }), now, 3) }
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

describe('by the README alone, a token is opened', () => {
  it('with plain jose and the JWK Set', async () => {
    const { token, jwks } = await setUp()
    const folder = await mkdtemp(join(tmpdir(), 'bulla-interop-'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    const program = `const [token, jwks] = ${JSON.stringify([token, jwks])}\n${blockOf('jose')}\nconsole.log(JSON.stringify(payload))`
    await writeFile(join(folder, 'open.ts'), program)
    const { code, out, err } = await run('node', [join(folder, 'open.ts')])
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toEqual(claims)
  })

  it.each<ContentEncryption>(['A256GCM', 'A256CBC-HS512'])(
    "with Python's jwcrypto and the JWK Set, %s",
    async (enc) => {
      const { token, jwks } = await setUp(enc)
      const [imports = '', ...rest] = blockOf('jwcrypto').replace('A256GCM', enc).split('\n\n')
      const program = [
        imports,
        'import sys',
        'token, jwks = json.load(sys.stdin)',
        ...rest,
        'print(json.dumps(claims))',
      ].join('\n')
      const { code, out, err } = await run('/usr/bin/python3', ['-c', program], {
        input: JSON.stringify([token, JSON.stringify(jwks)]),
      })
      expect([code, err]).toEqual([0, ''])
      expect(JSON.parse(out)).toEqual(claims)
    },
  )
})
