/**
 * The face of `bulla/opentelemetry`: what an issuer does, as OpenTelemetry counts, measures and traces it.
 *
 * @see docs/guides/metrics.md
 *
 * @module
 */

export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts'
