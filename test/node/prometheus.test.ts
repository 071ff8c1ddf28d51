import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, ROOT } from '../checkout.ts'
import { blockOf, PAGES } from '../docs.ts'
import { basic } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../parties/otlp_receiver.ts'
import { endProcess, waitForPort } from '../parties/processes.ts'
import { askPort, folderOf, type ServeProcess, settingsOf, startServe } from '../parties/serve_process.ts'

const TOKEN = { grant_type: 'client_credentials', resource: 'https://api.example.com' }

const [, NODE_OPTIONS = '', args = ''] =
  /NODE_OPTIONS="(.*)" npx bulla serve --settings settings[.]toml (.*)\n/.exec(blockOf('telemetry-serve')) ?? []

/** Returns the query of the page's table for what is asked. */
function queryOf(what: string): string {
  const rows = [...(PAGES.get('docs/guides/metrics.md') ?? '').matchAll(/^\| (.*?) \| `(.*)` \|$/gm)]
  const [, , query = ''] = rows.find(([, told]) => told === what) ?? []
  expect(query).not.toBe('')
  return query.replaceAll('\\|', '|')
}

describe('telemetry of bulla serve', () => {
  let receiver: OtlpReceiver
  let served: ServeProcess
  let prometheus: ReturnType<typeof spawn>
  let at: string

  const token = async (secret = 'service-secret'): Promise<number> =>
    (
      await askPort(served.port, '/token', {
        headers: { host: 'localhost:8787', authorization: basic('service', secret) },
        form: TOKEN,
      })
    ).status

  /** Asks Prometheus; the value of each series by what it says. */
  async function ask(query: string): Promise<readonly { metric: Record<string, string>; value: number }[]> {
    const answer = await fetch(`${at}/api/v1/query?${new URLSearchParams({ query })}`)
    const { data } = (await answer.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] }
    }
    return data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }))
  }

  beforeAll(async () => {
    const [scraped, port] = [await freePort(), await freePort()]
    receiver = await startOtlpReceiver()
    const folder = folderOf(settingsOf('http://localhost:8787'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'telemetry.mjs'), blockOf('telemetry').replace('9464', String(scraped)))
    served = await startServe(folder, {
      args: args.split(' '),
      env: { NODE_OPTIONS, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
    })
    expect(served.said()).toContain(' is served at ')
    const config = join(folder, 'prometheus.yml')
    writeFileSync(
      config,
      blockOf('prometheus-config')
        .replace('scrape_interval: 15s', 'scrape_interval: 200ms')
        .replace('9464', String(scraped)),
    )
    at = `http://127.0.0.1:${port}`
    const data = mkdtempSync(join(tmpdir(), 'bulla-prometheus-'))
    const listening = [`--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${data}`]
    prometheus = spawn('prometheus', [`--config.file=${config}`, ...listening], { env: ENV, stdio: 'ignore' })
    await waitForPort(port)
  }, 60_000)

  afterAll(async () => {
    await endProcess(prometheus, 'SIGKILL')
    await endProcess(served.process, 'SIGKILL')
    await receiver.close()
  })

  it('is scraped by Prometheus: tokens by client, failures by reason, and how long what took', async () => {
    expect(await token()).toBe(200)
    expect(await token('wrong')).toBe(401)
    const counted = (wanted: string) => ask(`bulla_events_total{${wanted}}`).then((all) => all.length)
    await expect.poll(() => counted('bulla_event_type="token.issued"')).toBe(1)
    await expect.poll(() => counted('error_type="wrong_secret",bulla_event_type="token.refused"')).toBe(1)

    // What grows between two looks is what a query counts.
    const grown = async (query: string) => {
      await token()
      await token('wrong')
      return (await ask(query)).map(({ metric, value }) => [...Object.values(metric), value > 0])
    }
    const patient = { timeout: 30_000, interval: 300 }
    await expect.poll(() => grown(queryOf('tokens a minute by client')), patient).toEqual([['service', true]])
    await expect.poll(() => grown(queryOf('failures by reason')), patient).toEqual([['wrong_secret', true]])
    await expect.poll(() => grown(queryOf('`/token`, of 99 in 100 requests')), patient).toEqual([[true]])
  }, 120_000)

  it('is asked by queries that Prometheus takes, of names that there are', async () => {
    expect((await askPort(served.port, '/revocations', { headers: { host: 'localhost:8787' } })).status).toBe(200)
    const names = async () => {
      const answer = await fetch(`${at}/api/v1/label/__name__/values`)
      return ((await answer.json()) as { data: readonly string[] }).data
    }
    await expect.poll(names).toContain('db_client_operation_duration_bucket')
    const known = await names()
    for (const what of ['the guard, of 99 in 100 calls', 'used twice: wake somebody']) {
      const query = queryOf(what)
      expect(known).toContain(/\b[a-z_]+_(?:total|bucket)\b/.exec(query)?.[0])
      const answer = await fetch(`${at}/api/v1/query?${new URLSearchParams({ query })}`)
      expect([what, answer.status]).toEqual([what, 200])
    }
  })

  it('sends spans by OTLP, each under its request', async () => {
    expect(await token()).toBe(200)
    await expect.poll(() => receiver.spans.filter(({ name }) => name === 'POST /token').length).toBeGreaterThan(0)
    expect(receiver.refused).toEqual([])
    expect(receiver.spans.every(({ scope }) => scope === 'bulla')).toBe(true)
    expect(receiver.spans[0]?.attributes).toMatchObject({ 'http.response.status_code': 200, 'http.route': '/token' })
  })

  it('lets the process end when it is asked to', async () => {
    served.process.kill('SIGTERM')
    expect(await served.ended).toBe(0)
  })
})

describe('the page of metrics', () => {
  it('installs what its program takes, and no more', () => {
    const installed = blockOf('telemetry-install').match(/@[a-z]+\/[a-z-]+/g) ?? []
    const imported = [...blockOf('telemetry').matchAll(/from '(.*)'/g)].map(([, name]) => name)
    expect(installed.toSorted()).toEqual(imported.toSorted())
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(imported.filter((name = '') => !(name in devDependencies))).toEqual([])
  })
})
