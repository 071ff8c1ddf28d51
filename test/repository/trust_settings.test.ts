import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { type Bindings, createMemoryGuard, readBindings } from '../../src/index.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { blockOf } from '../docs.ts'
import { secretHash } from '../fixtures.ts'

/** Returns the settings that a block of the docs make, in an issuer with a resource and nothing else. */
async function settingsOf(block: string) {
  const config = join(await mkdtemp(join(tmpdir(), 'bulla-settings-')), 'wrangler.toml')
  const text = blockOf(block).replace('sha256:…', secretHash('x'))
  const api = text.includes('[vars.RESOURCES.')
    ? ''
    : '[vars.RESOURCES."https://api.example.com"]\nscopes = ["orders:read", "orders:write"]\n'
  await writeFile(config, `[vars]\nISSUER = "https://auth.example.com"\n${api}${text}`)
  const { vars } = unstable_readConfig({ config }, { hideWarnings: true })
  return checkSettings({ ...readBindings(vars as Bindings), guard: createMemoryGuard() })
}

describe('the settings that the docs show', () => {
  it('trust a CI system for whom they name', async () => {
    const { trustedIssuers, grants } = await settingsOf('trusted_issuer')
    expect([...trustedIssuers.keys()]).toEqual(['https://token.actions.githubusercontent.com'])
    expect([...grants.keys()]).toContain('urn:ietf:params:oauth:grant-type:jwt-bearer')
  })

  it('trust the provider of an enterprise for a client, and no further than it says', async () => {
    const { trustedIssuers, grants } = await settingsOf('id_jag')
    expect(trustedIssuers.get('https://acme.okta.example')).toMatchObject({
      profile: 'id-jag',
      typ: 'oauth-id-jag+jwt',
      audience: 'https://auth.example.com',
    })
    expect([...grants.keys()]).toContain('urn:ietf:params:oauth:grant-type:jwt-bearer')
  })

  it('let a gateway exchange tokens', async () => {
    const { clients, resources } = await settingsOf('exchange')
    expect(resources.get('https://api.example.com')?.exchange).toBe(true)
    expect(clients.get('gateway')?.exchange[0]?.scopes.get('stock:read')).toBe('orders:read')
  })
})
