import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { expect, it } from 'vitest'
import { type ClientSettings, createIssuer, createMemoryGuard, type IssuerSettings } from '../../src/index.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { secretHash } from '../fixtures.ts'

const ISSUER = 'https://auth.example.com'

it('the guide’s ring and settings make an OpenID provider of an issuer', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-openid-'))
  const command = blockOf('openid-ring').replace('npm run -s bulla --', `node ${join(ROOT, 'src/cli/bulla.ts')}`)
  expect(await run('bash', ['-ec', command], { cwd })).toMatchObject({ code: 0 })
  const { vars } = parse(blockOf('openid-settings').replace('sha256:…', secretHash('x'))) as unknown as {
    readonly vars: {
      readonly OPENID: NonNullable<IssuerSettings['openid']>
      readonly CLIENTS: Record<string, ClientSettings>
    }
  }
  const now = () => Math.floor(Date.now() / 1000)
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: await readFile(join(cwd, 'ring.json'), 'utf8'),
    resources: {},
    openid: vars.OPENID,
    clients: vars.CLIENTS,
    guard: createMemoryGuard(now),
    authenticate: async () => ({ sub: 'alice' }),
    log: () => {},
  })
  const told = await issuer.request(`${ISSUER}/.well-known/openid-configuration`)
  expect(await told.json()).toMatchObject({ issuer: ISSUER, userinfo_endpoint: `${ISSUER}/userinfo` })
  const { keys } = (await (await issuer.request(`${ISSUER}/jwks`)).json()) as { keys: { alg: string }[] }
  expect(keys.map(({ alg }) => alg)).toContain('RS256')
})
