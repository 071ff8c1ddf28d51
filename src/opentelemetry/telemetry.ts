/**
 * Events as a counter, parts of requests as histograms and spans, by the API of OpenTelemetry: where nobody registered an SDK, it does
 * nothing.
 *
 * @module
 */

import { type Attributes, metrics, type Span, SpanStatusCode, trace as tracing } from '@opentelemetry/api'
import { checkBoolean, checkMembers } from '../../keys/check.ts'
import type { IssuerEvent } from '../events/event.ts'
import type { Trace } from '../trace.ts'
import { createClientNames } from './client_names.ts'
import { describePart, errorTypeOf, HISTOGRAMS, type Measured } from './measured.ts'

/** What is counted. */
export interface TelemetryOptions {
  /**
   * Whether events are counted by client: the first 200 of the settings by name, all others, and those that walked in, as `other`.
   * Default false.
   */
  readonly metricsByClient?: boolean
}

/** What an issuer is given: settings of it. */
export interface Telemetry {
  /** Counts an event. */
  readonly onEvent: (event: IssuerEvent) => void
  /** Measures a part of a request, and traces it. */
  readonly trace: Trace
}

/** What the meter and the tracer are called. */
const SCOPE = 'bulla'

/** Returns the status of an answer; nothing where it has none. */
function statusOf(answer: unknown): number | undefined {
  const { status } = (answer ?? {}) as { readonly status?: unknown }
  return typeof status === 'number' ? status : undefined
}

/** Returns the status that an answer came with. A server's own 4xx is no failure of its own; one that we are answered is. */
function attributesOfStatus(status: number, { histogram }: Measured): Attributes {
  const failedFrom = histogram === 'http.client.request.duration' ? 400 : 500
  return {
    'http.response.status_code': status,
    ...(status >= failedFrom && { 'error.type': String(status) }),
  }
}

/** Tells of what came of a part. */
function endSpan(span: Span, ended: Attributes): void {
  span.setAttributes(ended)
  if (ended['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/**
 * Returns what counts, measures and traces an issuer by OpenTelemetry's API. Call it after the SDK was registered: instruments that
 * were made before do nothing.
 *
 * No attribute names a person, a token or a request but `bulla.request.id`, of the spans of `/token`. Nothing goes to whom the issuer
 * asks: it sends no `traceparent`.
 *
 * @throws {TypeError} when an option is unknown, or of another kind
 * @example
 * import { createIssuer, type IssuerSettings } from 'bulla'
 * import { createTelemetry } from 'bulla/opentelemetry'
 *
 * const telemetry = createTelemetry({ metricsByClient: true })
 * export const measured = (settings: IssuerSettings) => createIssuer({ ...settings, ...telemetry })
 */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  checkMembers('createTelemetry', options, ['metricsByClient'])
  const { metricsByClient = false } = options
  checkBoolean('metricsByClient', metricsByClient)
  const nameClient = createClientNames()
  const tracer = tracing.getTracer(SCOPE)
  const meter = metrics.getMeter(SCOPE)
  const events = meter.createCounter('bulla.events', { description: 'What happened at the issuer.', unit: '{event}' })
  const histogramOf = (name: keyof typeof HISTOGRAMS) =>
    meter.createHistogram(name, {
      description: HISTOGRAMS[name].description,
      unit: 's',
      advice: { explicitBucketBoundaries: [...HISTOGRAMS[name].bounds] },
    })
  const histograms = {
    'http.server.request.duration': histogramOf('http.server.request.duration'),
    'http.client.request.duration': histogramOf('http.client.request.duration'),
    'db.client.operation.duration': histogramOf('db.client.operation.duration'),
  }

  async function measure(measured: Measured, span: Span, run: () => Promise<unknown>): Promise<void> {
    const { attributes, histogram, isAnswered = false } = measured
    const began = performance.now()
    const ended = await run().then(
      (answer): Attributes => {
        const status = isAnswered ? statusOf(answer) : undefined
        return status === undefined ? {} : attributesOfStatus(status, measured)
      },
      (error: unknown): Attributes => ({ 'error.type': errorTypeOf(error) }),
    )
    if (histogram !== undefined)
      histograms[histogram].record((performance.now() - began) / 1000, { ...attributes, ...ended })
    endSpan(span, ended)
  }

  return {
    onEvent({ type, outcome, reason, grant, client }) {
      events.add(1, {
        'bulla.event.type': type,
        'bulla.event.outcome': outcome,
        ...(reason !== undefined && { 'error.type': reason }),
        ...(grant !== undefined && { 'bulla.grant_type': grant }),
        ...(metricsByClient && client !== undefined && { 'bulla.client': nameClient(client) }),
      })
    },
    trace(part, run) {
      const measured = describePart(part)
      const { name, kind, attributes, details } = measured
      return tracer.startActiveSpan(name, { kind, attributes: { ...attributes, ...details } }, (span) =>
        measure(measured, span, run),
      )
    },
  }
}
