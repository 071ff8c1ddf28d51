/**
 * Who takes OTLP by HTTP as JSON (OpenTelemetry Protocol 1.x), and refuses what is none.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Json = Readonly<Record<string, unknown>>

/** A span that came. */
export interface TakenSpan {
  readonly scope: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly attributes: Json
}

/** A record of a log that came. */
export interface TakenLog {
  readonly body: unknown
  readonly attributes: Json
}

/** Takes what is sent. */
export interface OtlpReceiver {
  /** Where it is: `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string
  readonly spans: readonly TakenSpan[]
  readonly logs: readonly TakenLog[]
  /** What was refused, and why. */
  readonly refused: readonly string[]
  close(): Promise<void>
}

function need(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new TypeError(`no OTLP: ${what}`)
}

function listOf(value: unknown, what: string): readonly Json[] {
  need(Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null), what)
  return value as readonly Json[]
}

/** Reads a value (`AnyValue`): 64 bits stand in a text, as JSON of protocol buffers has them. */
function readValue(value: unknown): unknown {
  const [[kind, told] = ['', undefined], ...more] = Object.entries((value ?? {}) as Json)
  need(more.length === 0, 'a value of two kinds')
  if (kind === 'stringValue') need(typeof told === 'string', kind)
  else if (kind === 'boolValue') need(typeof told === 'boolean', kind)
  else if (kind === 'doubleValue') need(typeof told === 'number', kind)
  else if (kind === 'intValue') {
    need(typeof told === 'number' || /^-?\d+$/.test(String(told)), kind)
    return Number(told)
  } else if (kind === 'kvlistValue') return attributesOf((told as Json)['values'])
  else if (kind === 'arrayValue') return listOf((told as Json)['values'], kind).map(readValue)
  else need(false, `a value of kind "${kind}"`)
  return told
}

function attributesOf(attributes: unknown = []): Json {
  const all = listOf(attributes, 'attributes').map(({ key, value }) => {
    need(typeof key === 'string' && key !== '', 'key')
    return [key, readValue(value)] as const
  })
  return Object.fromEntries(all)
}

/** Checks an instant: nanoseconds in a text. */
function checkInstant(instant: unknown, what: string): void {
  need(/^\d{19}$/.test(String(instant)), what)
}

function readSpan(scope: string, span: Json): TakenSpan {
  const { name, kind, traceId, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano, attributes } = span
  need(typeof name === 'string' && name !== '', 'name')
  need(typeof kind === 'number' && kind >= 0 && kind <= 5, 'kind')
  need(/^[0-9a-f]{32}$/i.test(String(traceId)), 'traceId')
  need(/^[0-9a-f]{16}$/i.test(String(spanId)), 'spanId')
  need(!parentSpanId || /^[0-9a-f]{16}$/i.test(String(parentSpanId)), 'parentSpanId')
  checkInstant(startTimeUnixNano, 'startTimeUnixNano')
  checkInstant(endTimeUnixNano, 'endTimeUnixNano')
  const parent = typeof parentSpanId === 'string' && parentSpanId !== '' ? parentSpanId : undefined
  return {
    scope,
    name,
    traceId: String(traceId),
    spanId: String(spanId),
    parentSpanId: parent,
    attributes: attributesOf(attributes),
  }
}

function readLog({ timeUnixNano, severityNumber = 0, body, attributes }: Json): TakenLog {
  checkInstant(timeUnixNano, 'timeUnixNano')
  need(typeof severityNumber === 'number' && severityNumber >= 0 && severityNumber <= 24, 'severityNumber')
  return { body: readValue(body), attributes: attributesOf(attributes) }
}

/** Returns what came in an export of one kind, by the names of its lists. */
function readExport<Taken>(
  sent: Json,
  [resources, scopes, records]: readonly [string, string, string],
  read: (scope: string, record: Json) => Taken,
): readonly Taken[] {
  return listOf(sent[resources], resources).flatMap((resource) => {
    attributesOf((resource['resource'] as Json | undefined)?.['attributes'])
    return listOf(resource[scopes], scopes).flatMap((scope) => {
      const { name } = (scope['scope'] ?? {}) as Json
      return listOf(scope[records], records).map((record) => read(String(name), record))
    })
  })
}

/** Starts one. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: TakenSpan[] = []
  const logs: TakenLog[] = []
  const refused: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    try {
      need(request.headers['content-type']?.startsWith('application/json') === true, 'content-type')
      const sent = JSON.parse(body) as Json
      if (request.url === '/v1/traces')
        spans.push(...readExport(sent, ['resourceSpans', 'scopeSpans', 'spans'], readSpan))
      else if (request.url === '/v1/logs')
        logs.push(...readExport(sent, ['resourceLogs', 'scopeLogs', 'logRecords'], (_, record) => readLog(record)))
      else need(false, `${request.url}`)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    } catch (error) {
      refused.push(`${(error as Error).message}: ${body.slice(0, 2000)}`)
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ code: 3 }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    logs,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
