/**
 * What a Worker's trace events are as OTLP: as Cloudflare sends them on, by the attributes that its documentation lists
 * (https://developers.cloudflare.com/workers/observability/traces/spans-and-attributes). It runs as a tail Worker, which workerd hands the
 * trace events of another.
 *
 * @module
 */

/** The tail Worker; `TO` is where OTLP is taken. */
export const TAIL_WORKER = `
const attribute = (key, value) => ({ key, value: typeof value === 'number' ? { intValue: value } : { stringValue: String(value) } })
const nanos = (milliseconds) => String(milliseconds) + '000000'
const hex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

function exportsOf({ event, logs, scriptName, eventTimestamp, wallTime = 0, outcome }) {
  const resource = { attributes: [
    attribute('cloud.provider', 'cloudflare'),
    attribute('cloud.platform', 'cloudflare.workers'),
    attribute('service.name', scriptName ?? 'bulla'),
    attribute('telemetry.sdk.name', 'cloudflare'),
  ] }
  const [traceId, spanId] = [hex(16), hex(8)]
  const records = logs.map(({ level, message, timestamp }) => ({
    timeUnixNano: nanos(timestamp),
    severityText: level,
    severityNumber: level === 'error' ? 17 : level === 'warn' ? 13 : 9,
    body: { stringValue: [message].flat().join(' ') },
    attributes: [attribute('cloudflare.script_name', scriptName ?? 'bulla')],
    traceId,
    spanId,
  }))
  const span = {
    traceId,
    spanId,
    name: 'fetch',
    kind: 2,
    startTimeUnixNano: nanos(eventTimestamp),
    endTimeUnixNano: nanos(eventTimestamp + wallTime),
    attributes: [
      attribute('faas.trigger', 'http'),
      attribute('http.request.method', event.request.method),
      attribute('url.full', event.request.url.split('?')[0]),
      attribute('http.response.status_code', event.response?.status ?? 0),
      attribute('cloudflare.outcome', outcome),
    ],
  }
  const scope = { name: 'cloudflare' }
  return {
    '/v1/logs': { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: records }] }] },
    '/v1/traces': { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] },
  }
}

export default {
  async tail(events, env) {
    for (const event of events.filter(({ event }) => event?.request !== undefined))
      for (const [path, sent] of Object.entries(exportsOf(event)))
        await fetch(env.TO + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(sent),
        })
  },
}
`
