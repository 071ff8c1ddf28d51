import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryGuard, type Guard, type IssuerSettings } from '../../src/index.ts'
import { createTelemetry, type TelemetryOptions } from '../../src/opentelemetry/index.ts'
import { API, basic, NOW, SECRETS, SIGNED, testIssuer, tokenRequest, VARS } from '../fixtures.ts'
import { createApp, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { ASSERTION_TYPE, clientAssertion, INNER } from '../parties/trusted.ts'

// The SDK itself, as a process registers it.
const spans = new InMemorySpanExporter()
const counted = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: counted, exportIntervalMillis: 3_600_000 })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }))
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

/** Returns an issuer with telemetry. */
function createMeasured(options: TelemetryOptions = {}, changes: Partial<IssuerSettings> = {}) {
  const issuer = testIssuer({ ...createTelemetry(options), ...changes })
  return (request: Request) => issuer.fetch(request)
}

/** Returns what was counted since this process began, by the name of the instrument. */
async function collect(): Promise<ReadonlyMap<string, MetricData>> {
  counted.reset()
  await reader.forceFlush()
  const all = counted.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  return new Map(all.map((metric) => [metric.descriptor.name, metric]))
}

/** Returns how often events were counted that say this. */
async function countOf(wanted: Readonly<Record<string, unknown>>): Promise<number> {
  const { dataPoints = [] } = (await collect()).get('bulla.events') ?? {}
  return dataPoints
    .filter(({ attributes }) => Object.entries(wanted).every(([name, value]) => attributes[name] === value))
    .reduce((sum, { value }) => sum + (value as number), 0)
}

const named = (name: string): readonly ReadableSpan[] => spans.getFinishedSpans().filter((span) => span.name === name)

describe('the telemetry of an issuer', () => {
  beforeEach(() => spans.reset())

  it('counts events by type, outcome, reason and grant, and by no client', async () => {
    const ask = createMeasured()
    const issued = { 'bulla.event.type': 'token.issued', 'bulla.event.outcome': 'ok' }
    const refused = { 'bulla.event.type': 'token.refused', 'error.type': 'wrong_secret' }
    const before = [await countOf(issued), await countOf(refused)]
    expect((await ask(tokenRequest())).status).toBe(200)
    expect((await ask(tokenRequest({ headers: { authorization: basic('service', 'wrong') } }))).status).toBe(401)
    await expect
      .poll(async () => [await countOf(issued), await countOf(refused)])
      .toEqual(before.map((count) => count + 1))
    const events = (await collect()).get('bulla.events')
    expect(events?.descriptor).toMatchObject({ unit: '{event}', description: 'What happened at the issuer.' })
    expect(events?.dataPoints.map(({ attributes }) => attributes)).toContainEqual({
      ...issued,
      'bulla.grant_type': 'client_credentials',
    })
  })

  it('counts events by client where that is wanted', async () => {
    const ask = createMeasured({ metricsByClient: true })
    expect((await ask(tokenRequest({ client: 'one' }))).status).toBe(200)
    await expect.poll(() => countOf({ 'bulla.event.type': 'token.issued', 'bulla.client': 'one' })).toBe(1)
  })

  it('measures /token, the guard and fetches, by the names and bounds of the conventions', async () => {
    const { jwks: _, ...keyed } = VARS.CLIENTS.keyed
    const jwks_uri = 'https://keys.example:8443/keys?hidden=in-the-query'
    const ask = createMeasured(
      {},
      {
        clients: { ...VARS.CLIENTS, keyed: { ...keyed, jwks_uri } },
        fetch: async () => Response.json({ keys: VARS.CLIENTS.keyed.jwks.keys }),
      },
    )
    const form = {
      grant_type: 'client_credentials',
      resource: INNER,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await clientAssertion('https://as.example', NOW),
    }
    expect((await ask(tokenRequest({ headers: { authorization: undefined }, form }))).status).toBe(200)
    const measured = await collect()
    const said = (name: string) => [
      measured.get(name)?.descriptor.unit,
      measured.get(name)?.dataPoints.map(({ attributes }) => attributes),
    ]
    expect(said('http.server.request.duration')).toEqual([
      's',
      expect.arrayContaining([
        {
          'http.request.method': 'POST',
          'url.scheme': 'https',
          'http.route': '/token',
          'http.response.status_code': 200,
        },
      ]),
    ])
    expect(said('db.client.operation.duration')).toEqual([
      's',
      expect.arrayContaining([{ 'db.system.name': 'bulla.guard', 'db.operation.name': 'spend' }]),
    ])
    expect(said('http.client.request.duration')).toEqual([
      's',
      [
        {
          'http.request.method': 'GET',
          'server.address': 'keys.example',
          'server.port': 8443,
          'http.response.status_code': 200,
        },
      ],
    ])
    const { value } = measured.get('http.server.request.duration')?.dataPoints[0] ?? {}
    expect(value).toMatchObject({
      buckets: { boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
    })
    expect(named('GET')[0]?.attributes['url.full']).toBe('https://keys.example:8443/keys')
  })

  it('traces the guard and the signature as parts of their request, which the answer names', async () => {
    const ask = createMeasured()
    const form = { grant_type: 'client_credentials', resource: SIGNED, scope: 'sign' }
    const answer = await ask(tokenRequest({ client: 'machine', form }))
    const [token, signed] = [named('POST /token')[0], named('sign')[0]]
    expect(token?.attributes['bulla.request.id']).toBe(answer.headers.get('request-id'))
    expect(signed?.attributes).toEqual({ 'bulla.signing.algorithm': 'ES256' })
    expect(signed?.parentSpanContext?.spanId).toBe(token?.spanContext().spanId)

    spans.reset()
    const code = (await createPerson(ask, { now: () => NOW }).answer('allow', REQUESTS['web'])).searchParams.get('code')
    spans.reset()
    expect((await createApp(ask, { client: 'web' }).redeem(code ?? '')).status).toBe(200)
    const [redeemed, spent] = [named('POST /token')[0], named('spendUnlessEnded guard')[0]]
    expect(spent?.parentSpanContext?.spanId).toBe(redeemed?.spanContext().spanId)
  })

  it('says of a guard that fails what kind of failure it was, and none of its words', async () => {
    const guard: Guard = {
      ...createMemoryGuard(() => NOW, { single: true }),
      spend: () => Promise.reject(new RangeError('secret-internal-detail')),
    }
    const ask = createMeasured({}, { guard })
    const form = {
      grant_type: 'client_credentials',
      resource: INNER,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await clientAssertion('https://as.example', NOW),
    }
    expect((await ask(tokenRequest({ headers: { authorization: undefined }, form }))).status).toBe(503)
    const [spent] = named('spend guard')
    expect(spent?.status).toEqual({ code: 2 })
    expect(spent?.attributes['error.type']).toMatch(/^guard_[a-z]+$/)
    expect(named('POST /token')[0]?.attributes).toMatchObject({ 'http.response.status_code': 503, 'error.type': '503' })
    expect([spent?.events, spent?.links]).toEqual([[], []])
  })

  it('tells nobody who it is, and nothing that opens anything', async () => {
    const ask = createMeasured({ metricsByClient: true })
    const url = await createPerson(ask, { now: () => NOW, name: 'canary-person' }).answer('allow', {
      ...REQUESTS['web'],
      state: 'canary-state',
    })
    const code = url.searchParams.get('code') ?? ''
    const { access_token, refresh_token = '' } = await readAnswer(await createApp(ask, { client: 'web' }).redeem(code))
    expect((await createApp(ask, { client: 'web' }).redeem(code)).status).toBe(400)
    expect(
      (await ask(tokenRequest({ headers: { authorization: basic('unknown-canary', 'secret-canary') } }))).status,
    ).toBe(401)
    expect(refresh_token).not.toBe('')
    await expect.poll(() => countOf({ 'bulla.event.type': 'token.refused' })).toBeGreaterThan(1)
    const told = JSON.stringify([
      ...spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      ...(await collect()).values(),
    ])
    expect(told).toContain('POST /token')
    for (const secret of [
      'canary',
      code,
      access_token,
      refresh_token,
      SECRETS.web,
      API,
      JSON.stringify(code).slice(1, 40),
    ])
      expect(told).not.toContain(secret)
  })

  it('refuses options that it does not have', () => {
    expect(() => createTelemetry({ byClient: true } as TelemetryOptions)).toThrow(/byClient/)
    expect(() => createTelemetry({ metricsByClient: 'yes' } as unknown as TelemetryOptions)).toThrow(/metricsByClient/)
  })
})
