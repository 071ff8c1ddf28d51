import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bindingKindsOf } from '../../src/binding_kinds.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'

describe('the deploy button', () => {
  it('leads to Cloudflare, with a repository', () => {
    const [, button = '', url = ''] =
      /^\[!\[[^\]]+\]\(([^)]+)\)\]\(([^)]+)\)$/.exec(blockOf('deploy-button').trim()) ?? []
    expect([new URL(button).host, new URL(url).host]).toEqual(Array(2).fill('deploy.workers.cloudflare.com'))
    expect(new URL(url).searchParams.get('url')).toMatch(/^https:\/\/github\.com\/[\w-]+\/bulla$/)
  })

  it('asks for the ring, which no settings hold, and has no value for it', async () => {
    const asked = parseEnv(await readFile(join(ROOT, '.dev.vars.example'), 'utf8'))
    expect(asked).toEqual({ KEY_RING: '' })
    expect(bindingKindsOf(undefined)).toMatchObject({ KEY_RING: 'secret' })
  })

  it('finds a checkout that deploys as it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-deploy-'))
    const ended = await run('wrangler', ['deploy', '--dry-run', '--outdir', folder])
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('env.GUARD (GuardObject)') })
    await rm(folder, { recursive: true })
  })
})
