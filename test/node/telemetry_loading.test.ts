import { spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ENV, ROOT } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'
import { startOtlpReceiver } from '../parties/otlp_receiver.ts'
import { endProcess, waitForPort } from '../parties/processes.ts'
import { askPort, folderOf, settingsOf, startServe } from '../parties/serve_process.ts'

const ISSUER = 'http://localhost:8787'
const ASKED = {
  headers: { host: 'localhost:8787', authorization: basic('service', 'service-secret') },
  form: { grant_type: 'client_credentials', resource: 'https://api.example.com' },
}

/** Says what is loaded of telemetry. */
const SPY = `import { registerHooks } from 'node:module'
registerHooks({
  resolve(name, context, next) {
    const found = next(name, context)
    if (/opentelemetry/.test(found.url)) console.error('loaded: ' + name)
    return found
  },
})
`

/** Returns a folder with settings, the page's program, and a spy. */
async function createFolder(): Promise<string> {
  const folder = folderOf(settingsOf(ISSUER))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'spy.mjs'), SPY)
  writeFileSync(join(folder, 'telemetry.mjs'), blockOf('telemetry').replace('9464', String(await freePort())))
  return folder
}

describe('telemetry', () => {
  it('is not loaded by bulla serve where nobody registered an SDK, installed as it may be', async () => {
    const folder = await createFolder()
    const loaded = async (NODE_OPTIONS: string) => {
      const { process, port, said } = await startServe(folder, { env: { NODE_OPTIONS } })
      expect((await askPort(port, '/token', ASKED)).status).toBe(200)
      await endProcess(process, 'SIGTERM')
      return said()
        .split('\n')
        .filter((line) => line.startsWith('loaded: '))
    }
    expect(await loaded('--import ./spy.mjs')).toEqual([])
    expect(await loaded('--import ./spy.mjs --import ./telemetry.mjs')).toContain('loaded: ../opentelemetry/index.ts')
  })

  it('is asked for by its option alone where there is an SDK: bulla serve says what is missing', async () => {
    const { ended, said } = await startServe(await createFolder(), { args: ['--metrics-by-client'] })
    expect(await ended).toBe(1)
    expect(said()).toBe(
      'bulla: --metrics-by-client takes an SDK of OpenTelemetry that is registered before: NODE_OPTIONS="--import ./telemetry.mjs"\n',
    )
  })

  it('stands beside @hono/otel, whose requests its spans are parts of, without their queries', async () => {
    const [folder, port, receiver] = [await createFolder(), await freePort(), await startOtlpReceiver()]
    onTestFinished(() => receiver.close())
    const program = blockOf('telemetry-code')
      .replace("'bulla'", `'${join(ROOT, 'src/index.ts')}'`)
      .replace("'bulla/node'", `'${join(ROOT, 'src/node/index.ts')}'`)
      .replace("'bulla/opentelemetry'", `'${join(ROOT, 'src/opentelemetry/index.ts')}'`)
      .replace('8787', String(port))
    writeFileSync(join(folder, 'server.mjs'), program)
    const server = spawn('node', ['--import', './telemetry.mjs', 'server.mjs'], {
      cwd: folder,
      env: {
        ...ENV,
        KEY_RING_FILE: 'ring.json',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    onTestFinished(() => endProcess(server, 'SIGKILL'))
    await waitForPort(port)
    expect((await askPort(port, '/token', ASKED)).status).toBe(200)
    const { headers } = ASKED
    expect((await askPort(port, '/healthz?state=canary', { headers })).status).toBe(200)
    expect((await askPort(port, '/nowhere', { headers })).status).toBe(404)

    const named = (name: string, scope: string) =>
      receiver.spans.find((span) => span.name === name && span.scope === scope)
    await expect.poll(() => named('GET /healthz', '@hono/otel')).toBeDefined()
    await expect.poll(() => named('POST /token', 'bulla')).toBeDefined()
    const [outer, inner] = [named('POST /token', '@hono/otel'), named('POST /token', 'bulla')]
    expect([inner?.traceId, inner?.parentSpanId]).toEqual([outer?.traceId, outer?.spanId])
    expect(named('GET /healthz', '@hono/otel')?.attributes['url.full']).toBe('http://localhost:8787/healthz')
    expect(JSON.stringify(receiver.spans)).not.toContain('canary')
    expect(receiver.refused).toEqual([])
  })
})
