/**
 * Telemetry of `bulla serve`: where an SDK of OpenTelemetry was registered in this process, and nowhere else.
 *
 * @module
 */

import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { Refusal } from './command.ts'

/** Where whatever an SDK registers stands, by which the copies of the API in one process find each other. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/** Returns the same settings, and what measures by them. */
export type MeasureSettings = (settings: IssuerSettings) => IssuerSettings

/**
 * Returns what adds telemetry to settings; nothing of it is loaded where nobody registered an SDK before, as
 * `node --import ./telemetry.mjs` does.
 *
 * @param metricsByClient whether events are counted by client
 * @throws {Refusal} when they are to be, and nobody counts
 */
export async function findTelemetry(metricsByClient: boolean): Promise<MeasureSettings> {
  if (!Object.hasOwn(globalThis, REGISTERED)) {
    if (!metricsByClient) return (settings) => settings
    throw new Refusal(
      '--metrics-by-client takes an SDK of OpenTelemetry that is registered before: NODE_OPTIONS="--import ./telemetry.mjs"',
    )
  }
  const { createTelemetry } = await import('../opentelemetry/index.ts').catch(() => {
    throw new Refusal(
      'an SDK of OpenTelemetry is registered; this takes its API beside it: npm install @opentelemetry/api',
    )
  })
  const { onEvent: count, trace } = createTelemetry({ metricsByClient })
  return (settings) => {
    const { onEvent: tell } = settings
    return {
      ...settings,
      trace,
      onEvent(event) {
        count(event)
        return tell?.(event)
      },
    }
  }
}
