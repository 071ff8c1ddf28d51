/**
 * `bulla serve`: the issuer in Node, with nothing else installed.
 *
 * @module
 */

import { dirname, join, resolve } from 'node:path'
import { isLoopback } from '../../keys/identifier.ts'
import type { Issuer } from '../issuer.ts'
import type { OpenStores } from '../node/index.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { type Command, Refusal, UsageError, type Values } from './command.ts'
import { asInFile } from './fault_words.ts'
import { GUARD, NODE, openGuard } from './guard_url.ts'
import { findTelemetry, type MeasureSettings } from './registered_telemetry.ts'
import { readTextFile } from './secret_file.ts'
import { jsonTo, sayServed, wordsTo } from './serve_lines.ts'
import { SETTINGS } from './settings_file.ts'

/** Where a process listens. */
interface Place {
  readonly port: number
  readonly host: string
}

/** Returns where to listen: as it was said, else as the issuer says where it is on this machine. */
function placeOf(values: Values, { issuer }: IssuerSettings): Place {
  const { hostname, port, protocol } = new URL(issuer)
  const own = isLoopback(issuer) ? port || (protocol === 'https:' ? '443' : '80') : '8787'
  const usual = process.env['PORT'] || own
  const chosen = values.number('port') ?? (/^[0-9]{1,5}$/.test(usual) ? Number(usual) : Number.NaN)
  if (!(chosen <= 65_535))
    throw new UsageError(`${values.text('port') === undefined ? 'PORT' : '--port'} expected a port, 0 to 65535`)
  const here = hostname === '[::1]' ? '::1' : '127.0.0.1'
  // An empty one would be all addresses; brackets are those of a URL.
  const host = values.text('host')?.replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw new UsageError('--host expected an address')
  return { port: chosen, host: host ?? (isLoopback(issuer) ? here : '0.0.0.0') }
}

/** Tells whether nobody but this machine reaches an address. */
function isHere(host: string): boolean {
  return isLoopback(`http://${host.includes(':') ? `[${host}]` : host}`)
}

/** Reads `--trusted-proxies`. */
function readProxies(values: Values): readonly string[] {
  const text = values.text('trusted-proxies')
  return text === undefined ? [] : text.split(',').map((proxy) => proxy.trim())
}

/** Makes what needs the proxies: which of them is none is the caller's mistake. */
function readTrust<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    throw new UsageError((error as Error).message.replace('"trustedProxies"', '--trusted-proxies'))
  }
}

/** Reads `--concurrency`. */
function readConcurrency(values: Values): number | undefined {
  const most = values.number('concurrency')
  if (most !== undefined && !(most >= 1)) throw new UsageError('--concurrency expected a number, 1 or more')
  return most
}

/** Returns the settings of a file, a fault a line where there are some. */
async function readFrom<Made>(file: string, make: (text: string) => Made | Promise<Made>): Promise<Made> {
  const text = await readTextFile(file)
  try {
    return await make(text)
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    throw new Refusal(
      error.message
        .split('\n')
        .map((fault) => `${file}: ${asInFile(fault)}`)
        .join('\n'),
    )
  }
}

/** Refuses a ring by which nothing could be sealed: all that an issuer answered would be 503. */
async function checkRing(issuer: Issuer, { issuer: name, keyRing }: IssuerSettings): Promise<void> {
  if (!keyRing?.trim())
    throw new Refusal(
      'there is no ring: make one with `bulla keys init --out ring.json`, and name that file in the environment: KEY_RING_FILE=ring.json',
    )
  const { reason } = (await (await issuer.request(`${name}/healthz`)).json()) as { readonly reason?: string }
  if (reason !== undefined)
    throw new Refusal(`the ring cannot be used (${reason}): examine it with \`bulla keys doctor --ring FILE\``)
}

/** Makes the issuer of a settings file, for what listens there. */
async function makeIssuer(
  file: string,
  { host, addressOf }: Pick<Place, 'host'> & Pick<IssuerSettings, 'addressOf'>,
  { guard, revocations }: OpenStores,
  measured: MeasureSettings,
): Promise<[Issuer, IssuerSettings]> {
  const { readSettings } = await import('../node/index.ts')
  const { createIssuer } = await import('../issuer.ts')
  const { developmentLogin } = await import('../login/development.ts')
  const [issuer, settings] = await readFrom(file, (text) => {
    const read = readSettings(text, process.env)
    const isProxied = !isLoopback(read.issuer)
    const made = measured({
      ...read,
      guard,
      revocations,
      ...(read.authenticate === undefined && !isProxied && isHere(host) && { authenticate: developmentLogin }),
      ...(addressOf && { addressOf }),
      ...(isProxied && { scheme: (request) => request.headers.get('x-forwarded-proto') }),
    })
    return [createIssuer(made), made] as const
  })
  await checkRing(issuer, settings)
  return [issuer, settings]
}

const serveCommand: Command = {
  call: 'serve',
  guesses: ['start', 'run', 'dev', 'up', 'server'],
  summary: 'run the issuer in Node',
  isLasting: true,
  example: { line: 'KEY_RING_FILE=ring.json bulla serve --settings settings.toml' },
  details: [
    'The ring is in KEY_RING, or in the file that KEY_RING_FILE names; so with the other secrets. An https issuer stands behind a proxy that ends TLS, keeps',
    'Host, and says X-Forwarded-Proto. SIGHUP reads settings and secrets anew; SIGTERM finishes what runs, and ends.',
    'stdout has its events, a line each; with --json also where it listens, and each warning is a line of JSON on stderr.',
  ].join('\n'),
  options: {
    settings: {
      ...SETTINGS,
      help: "the issuer's settings: TOML or JSON, as wrangler reads it, or the variables alone",
    },
    port: {
      type: 'string',
      value: 'PORT',
      help: 'where to listen (default: PORT of the environment, else that of a loopback issuer, else 8787)',
    },
    host: {
      type: 'string',
      value: 'HOST',
      help: 'by which address (default: 127.0.0.1 for a loopback issuer, else 0.0.0.0)',
    },
    'trusted-proxies': {
      type: 'string',
      value: 'LIST',
      help: 'addresses and networks, with commas between, whose X-Forwarded-For is believed (default: none)',
    },
    concurrency: {
      type: 'string',
      value: 'N',
      help: 'how many requests may be under way at once; more get 503 (default: any number)',
    },
    guard: { ...GUARD, help: `${GUARD.help.slice(0, -1)}; else bulla.sqlite beside FILE)` },
    'metrics-by-client': {
      type: 'boolean',
      help: 'count events by client, 200 of them by name, where an SDK of OpenTelemetry counts',
    },
  },
  needs: ['settings'],
  node: NODE,
  async run(values, _operand, io) {
    const { addressFrom, readSettings, serve } = await import('../node/index.ts')
    const { passedOver } = await import('../node/read_settings.ts')
    const { developmentLogin } = await import('../login/development.ts')
    const file = values.need('settings')
    const [first, over] = await readFrom(file, (text) => [readSettings(text, process.env), passedOver(text)] as const)
    const { port, host } = placeOf(values, first)
    const measured = await findTelemetry(values.has('metrics-by-client'))
    const concurrency = readConcurrency(values)
    const proxies = readProxies(values)
    const addressOf = readTrust(() => addressFrom({ trustedProxies: proxies }))
    const lines = values.has('json') ? jsonTo(io) : wordsTo(io)
    const usual = `sqlite:${join(dirname(resolve(file)), 'bulla.sqlite')}`
    const { stores, name } = await openGuard(values, usual, (detail) => lines.warn('guard_password', detail))
    try {
      let served = first
      const running = await serve({
        async issuer() {
          const [issuer, settings] = await makeIssuer(file, { host, addressOf }, stores, measured)
          if (settings.issuer !== first.issuer) throw new Refusal(`${file}: another ISSUER is another start`)
          served = settings
          return issuer
        },
        port,
        host,
        ...(concurrency !== undefined && { concurrency }),
      })
      for (const name of over) lines.warn('passed_over', `${file}: "${name}" is for Workers, and passed over here`)
      const isDevelopment = served.authenticate === developmentLogin
      const start = { port: running.port, host, guard: name, isDevelopment, isTrusting: proxies.length > 0 }
      sayServed(served, start, lines)
      await running.ended
    } finally {
      await stores.close()
    }
    return 0
  },
}

/** The command that runs the issuer. */
export const serveCommands: readonly Command[] = [serveCommand]
