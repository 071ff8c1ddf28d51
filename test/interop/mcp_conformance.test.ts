import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, ROOT } from '../checkout.ts'
import { type Place, startPlace } from '../parties/agents/place.ts'
import { freePort } from '../parties/live_issuer.ts'

/** MCP's own suite for authorization servers, and a person who goes where it says. */
const SUITE = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')

/** What the suite says of one thing. */
interface Check {
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

/** Runs it, and returns all that it says. */
async function conform(
  { issuer, person, server }: Place,
  version: string,
  resource?: string,
): Promise<readonly Check[]> {
  const port = await freePort()
  const registered = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Conformance',
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
    }),
  })
  const { client_id } = (await registered.json()) as { client_id: string }
  const folder = await mkdtemp(join(tmpdir(), 'bulla-conformance-'))
  const client = ['--client-id', client_id, '--port', String(port), ...(resource ? ['--resource', server.url] : [])]
  const asked = ['--url', issuer, ...client, '--spec-version', version, '--output-dir', folder]
  const suite = spawn(process.execPath, [SUITE, 'authorization', ...asked], { cwd: folder, env: ENV, timeout: 40_000 })
  let out = ''
  let isSent = false
  suite.stdout.on('data', (part) => {
    out += part
    const [url] = /^http\S+\/authorize\?\S+(?=\n)/m.exec(out) ?? []
    if (url === undefined || isSent) return
    isSent = true
    // Who does not get there is told of by the suite.
    person.visit(url).catch(() => {})
  })
  await once(suite, 'close')
  const files = await readdir(folder, { recursive: true })
  const reports = files.filter((file) => file.endsWith('checks.json'))
  const checks = await Promise.all(reports.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))))
  return checks.flat()
}

describe.each([
  ['at an origin', undefined],
  ['with a path', '/tenant/1'],
])('an issuer %s', (_, path) => {
  let place: Place
  beforeAll(async () => {
    place = await startPlace('workerd', { ...(path && { path }) })
  }, 60_000)
  afterAll(() => place?.stop())

  it.each([
    ['2025-03-26', 'without the parameter resource', undefined],
    ['2025-11-25', 'with the parameter resource', 'resource'],
    ['2026-07-28', 'with the parameter resource', 'resource'],
  ])("passes MCP's own suite for authorization servers of %s, %s, without a warning", async (version, __, resource) => {
    const checks = await conform(place, version, resource)
    const ids = checks.map(({ id }) => id)
    expect(ids).toContain('authorization-server-metadata')
    expect(ids.length).toBeGreaterThan(1)
    expect(checks.filter(({ status }) => status !== 'SUCCESS')).toEqual([])
  })
})
