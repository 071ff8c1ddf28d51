/**
 * The face of `bulla/opentelemetry`: what an issuer does, as OpenTelemetry counts, measures and traces it.
 *
 * @module
 */

export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts'
