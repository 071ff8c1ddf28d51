/**
 * The example of an MCP server on Workers with its issuer beside it, as its reader runs it: by one command, with the packed package,
 * and a client of MCP to which nobody told anything but the server's URL.
 *
 * @module
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from '../../create-bulla/src/project.ts'
import { ROOT, run } from '../checkout.ts'
import { createApp } from '../parties/agents/app.ts'
import { placeExample } from '../parties/packed.ts'
import { createVisitor } from '../parties/visitor.ts'
import { type Development, startDevelopment } from '../parties/written.ts'

const EXAMPLE = join(ROOT, 'examples', 'worker-mcp')

let development: Development
let folder = ''
beforeAll(async () => {
  folder = await placeExample('worker-mcp')
  development = await startDevelopment(folder)
}, 240_000)
afterAll(() => development?.stop())

describe('the example of an MCP server on Workers', () => {
  it('is what `npm create bulla` writes', async () => {
    const written = new Map(filesOf({ folder: EXAMPLE, template: 'mcp', login: 'development' }))
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const settings = written.get('package.json')?.replace(`"bulla": "^${version}"`, '"bulla": "file:../.."') ?? ''
    written.set('package.json', settings)
    const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: EXAMPLE })
    expect(listed.out.trim().split('\n').toSorted()).toEqual([...written.keys()].toSorted())
    for (const [name, text] of written) {
      const kept = await readFile(join(EXAMPLE, name), 'utf8')
      expect(name === 'README.md' ? kept.replace(/^In a checkout of Bulla.*\n\n/m, '') : kept).toBe(text)
    }
  })

  it('lets in an agent that knows its URL, once its person says yes', async () => {
    const app = createApp({ person: createVisitor() }, { token_endpoint_auth_method: 'none' })
    const open = async () => {
      const url = new URL(`${development.server}/mcp`)
      const transport = new StreamableHTTPClientTransport(url, { authProvider: app.provider as never })
      const client = new Client({ name: 'an-agent', version: '1.0.0' })
      return { client, transport, error: await client.connect(transport).catch((error: unknown) => error) }
    }
    const first = await open()
    expect([String(first.error), app.arrived?.status]).toEqual([expect.stringContaining('Unauthorized'), 0])
    await first.transport.finishAuth(app.arrived?.url.searchParams ?? new URLSearchParams())
    const { client, error } = await open()
    expect([error, await client.callTool({ name: 'whoami', arguments: {} })]).toEqual([
      undefined,
      expect.objectContaining({ content: [{ type: 'text', text: 'You are alice, and may orders:read.' }] }),
    ])
    await client.close()
  })

  it('leaves nothing beside it that git would take', async () => {
    const ignored = (await readFile(join(folder, '.gitignore'), 'utf8')).split('\n')
    for (const place of ['issuer', 'server']) {
      const made = (await readdir(join(folder, place))).filter((name) => !/\.ts$|^wrangler\.toml$/.test(name))
      expect(
        made.filter((name) => !ignored.includes(name) && !ignored.includes(`${name}/`) && name !== '.dev.vars'),
      ).toEqual([])
    }
  })
})
