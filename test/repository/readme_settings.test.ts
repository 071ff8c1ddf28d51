import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { type Bindings, createIssuer, readBindings } from '../../src/index.ts'
import { readPairwiseSalt } from '../../src/protocol/pairwise.ts'
import { run } from '../checkout.ts'
import { ISSUER, VARS } from '../fixtures.ts'
import { blockOf } from '../readme.ts'

/** Returns the variables that wrangler reads from a block of the README. */
async function varsOf(name: string): Promise<Bindings> {
  const config = join(await mkdtemp(join(tmpdir(), 'bulla-readme-')), 'wrangler.toml')
  await writeFile(config, `name = "readme"\n${blockOf(name)}`)
  return unstable_readConfig({ config }).vars as Bindings
}

describe('the settings that the README shows', () => {
  it('of authorization details are taken as they stand there', async () => {
    const shown = await varsOf('details')
    const issuer = createIssuer(
      readBindings({
        ISSUER,
        GUARD: 'none',
        LOGIN: VARS.LOGIN,
        RESOURCES: { 'https://api.example.com': { scopes: [] } },
        ...shown,
      }),
    )
    const metadata = await issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({ authorization_details_types_supported: ['payment'] })
  })

  it('have a command that makes a salt', async () => {
    const { out } = await run('bash', ['-ec', blockOf('salt')])
    expect(() => readPairwiseSalt('PAIRWISE_SALT', out.trim())).not.toThrow()
  })
})
