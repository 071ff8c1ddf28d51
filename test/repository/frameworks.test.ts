import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT, run } from '../checkout.ts'
import { DOCS } from '../docs.ts'
import { packedBulla } from '../parties/packed.ts'

const PROGRAM = join(ROOT, 'test/repository/frameworks/program.mjs')
const { peerDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>
}

/** What each range begins with, and the newest that it has. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  lowest: [
    ...Object.entries(peerDependencies).map(([name, range]) => `${name}@${lowestOf(range)}`),
    '@types/express@4.17.0',
  ],
  highest: [...Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`), '@types/express@5'],
}

function lowestOf(range: string): string {
  return /[0-9.]+/.exec(range)?.[0] ?? ''
}

/** A user's program, in the framework that each has. */
const TYPES = `import { createIssuer } from 'bulla'
import { createVerifier } from 'bulla/verifier'
import { resourceServer as expressServer } from 'bulla/verifier/express'
import { resourceServer as fastifyServer } from 'bulla/verifier/fastify'
import { resourceServer } from 'bulla/verifier/hono'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'

const own = { issuer: 'https://as.example', resource: 'https://api.example', keys: process.env['KEYS'] ?? '' }
const options = { ...own, scope: 'read' }

// As with hono/jwt: what the environment has is known in a request alone.
export const hono = new Hono<{ Bindings: { KEYS: string }; Variables: { other: number } }>()
  .use('/by-env/*', (c, next) => resourceServer({ ...options, keys: c.env.KEYS })(c, next))
  .get('/orders/:id', resourceServer(options), (c) => {
    const client: string | undefined = c.get('entitlement').client_id
    return c.json({ client })
  })
  .use('/later/*', resourceServer(options))
  .get('/later/:id', (c) => c.json({ client: c.get('entitlement').client_id }))

export const app = express()
app.use('/orders', expressServer(options))
app.get('/orders/:id', (request, response) => {
  response.json({ client: request.entitlement?.client_id })
})

export const fastify = Fastify()
declare module 'fastify' {
  interface FastifyRequest {
    entitlement?: import('bulla/verifier').Entitlement
  }
}
fastify.get('/orders/:id', { onRequest: fastifyServer(options) }, async ({ entitlement }) => ({ client: entitlement?.client_id }))

export async function answer(request: Request): Promise<Response> {
  const result = await createVerifier(own).verify(request)
  return result.ok ? Response.json({ client: result.entitlement.client_id }) : result.response
}
export const issuer: Hono = createIssuer({ issuer: 'https://as.example', keyRing: undefined, resources: {}, clients: {} })
`

/** Makes a project with the packed package and others; returns its folder. */
async function project(tarball: string, packages: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-frameworks-'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }))
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...packages]
  const { code, err } = await run('npm', args, { cwd: folder })
  expect([code, err.includes('ERESOLVE')]).toEqual([0, false])
  return folder
}

describe('the package beside the frameworks of others', { timeout: 240_000 }, () => {
  let tarball = ''
  const folders: Record<string, string> = {}

  beforeAll(async () => {
    tarball = await packedBulla()
    const made = Object.entries(ENDS).map(async ([end, packages]) => {
      folders[end] = await project(tarball, [...packages, '@types/node@22'])
    })
    await Promise.all(made)
  }, 240_000)

  it('asks for the ranges that the docs tell', () => {
    for (const [name, range] of Object.entries(peerDependencies))
      expect(DOCS).toContain(`| ${name} \`${range.replaceAll('|', '\\|')}\` |`)
  })

  it.each(Object.keys(ENDS))("has one copy of Hono, the user's, with the %s versions", async (end) => {
    const { out } = await run('npm', ['ls', 'hono', '--all', '--parseable'], { cwd: folders[end] ?? '' })
    expect(out.trim().split('\n')).toHaveLength(1)
  })

  it.each(Object.keys(ENDS))('counts and measures by OpenTelemetry, with the %s versions', async (end) => {
    const program = `import { createTelemetry } from 'bulla/opentelemetry'
const { onEvent, trace } = createTelemetry({ metricsByClient: true })
onEvent({ type: 'token.issued', outcome: 'ok', client: 'billing' })
await trace({ part: 'guard', operation: 'spend' }, async () => console.log('spent'))`
    const { code, out, err } = await run('node', ['--input-type=module', '-e', program], { cwd: folders[end] ?? '' })
    expect([code, out, err]).toEqual([0, 'spent\n', ''])
  })

  it.each(Object.keys(ENDS))('serves and answers in each, with the %s versions', async (end) => {
    const cwd = folders[end] ?? ''
    await cp(PROGRAM, join(cwd, 'program.mjs'))
    const { code, out } = await run('node', ['program.mjs'], { cwd })
    const right = ['{"client":"one"}', 200, 401]
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { issuer: [200, 200], hono: right, byEnv: right, express: right, fastify: right, fetch: right },
    ])
  })

  const STRICT = '--strict --exactOptionalPropertyTypes --module nodenext'
  const LOOSE = '--strict false --module esnext --moduleResolution bundler'
  it.each(Object.keys(ENDS).flatMap((end) => [STRICT, LOOSE].map((flags) => [end, flags] as const)))(
    'has types that go with those of the %s versions, with %s',
    async (end, flags) => {
      const cwd = folders[end] ?? ''
      await writeFile(join(cwd, 'use.ts'), TYPES)
      const others = '--noEmit --target es2022 --lib es2024,dom --esModuleInterop --skipLibCheck false --types node'
      const args = [...flags.split(' '), ...others.split(' '), 'use.ts']
      const { code, out } = await run(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd })
      expect([out, code]).toEqual(['', 0])
    },
  )

  it('can be required, by Node that can require modules, with types', async () => {
    const cwd = folders['highest'] ?? ''
    const program = `const { createVerifier } = require('bulla/verifier')
const { resourceServer } = require('bulla/verifier/express')
console.log(typeof createVerifier, typeof resourceServer)`
    await writeFile(join(cwd, 'required.cjs'), program)
    expect((await run('node', ['required.cjs'], { cwd })).out).toBe('function function\n')
    await writeFile(
      join(cwd, 'required.cts'),
      "import { createVerifier } from 'bulla/verifier'\nexport = createVerifier\n",
    )
    const flags = '--noEmit --strict --module nodenext --skipLibCheck false --types node required.cts'
    const { code, out } = await run(join(ROOT, 'node_modules/.bin/tsc'), flags.split(' '), { cwd })
    expect([out, code]).toEqual(['', 0])
  })

  it('builds into an edge route of Next.js, whose projects are not strict', async () => {
    const cwd = await project(tarball, [
      'next@16.4.6',
      'react@19',
      'react-dom@19',
      'typescript@5.9',
      '@types/react@19',
      '@types/node@22',
    ])
    await mkdir(join(cwd, 'app', 'orders'), { recursive: true })
    const route = `import { createVerifier } from 'bulla/verifier'
export const runtime = 'edge'
export async function GET(request: Request) {
  const verifier = createVerifier({ issuer: 'https://as.example', resource: 'https://api.example', keys: process.env.KEYS })
  const result = await verifier.verify(request)
  return result.ok ? Response.json({ client: result.entitlement.client_id }) : result.response
}
`
    await writeFile(join(cwd, 'app', 'orders', 'route.ts'), route)
    const layout = 'export default ({ children }: { children: any }) => <html><body>{children}</body></html>\n'
    await writeFile(join(cwd, 'app', 'layout.tsx'), layout)
    const { code, out, err } = await run('npx', ['--no-install', 'next', 'build'], {
      cwd,
      env: { NEXT_TELEMETRY_DISABLED: '1' },
    })
    expect([code, out + err]).toEqual([0, expect.stringContaining('/orders')])
    expect(out + err).not.toMatch(/not supported in the Edge Runtime|isn't supported/)
  })
})
