/**
 * `bulla serve`: the issuer in Node, with nothing else installed.
 *
 * @module
 */

import { dirname, join } from 'node:path'
import { isLoopback } from '../../keys/identifier.ts'
import type { Command } from './command.ts'
import { readTextFile } from './secret_file.ts'
import { SETTINGS } from './settings_file.ts'

const serveCommand: Command = {
  call: 'serve',
  summary: 'run the issuer in Node',
  options: {
    settings: SETTINGS,
    port: {
      type: 'string',
      value: 'PORT',
      help: 'where to listen (default: PORT, else the one of a loopback issuer, else 8787)',
    },
    host: {
      type: 'string',
      value: 'HOST',
      help: 'by which address (default: 127.0.0.1 for a loopback issuer, else 0.0.0.0)',
    },
    guard: {
      type: 'string',
      value: 'URL',
      help: 'sqlite:PATH, redis://… or postgres://… (default: GUARD_URL, else bulla.sqlite beside the settings)',
    },
  },
  needs: ['settings'],
  async run(values, _operand, io) {
    const { openStores, readSettings, serve } = await import('../node/index.ts')
    const { createIssuer } = await import('../issuer.ts')
    const { developmentLogin } = await import('../login/development.ts')
    const file = values.need('settings')
    const url = values.text('guard') ?? process.env['GUARD_URL'] ?? `sqlite:${join(dirname(file), 'bulla.sqlite')}`
    const stores = await openStores(url)
    await stores.guard.ready()
    const read = async () => readSettings(await readTextFile(file), process.env)
    const { issuer } = await read()
    const isHere = isLoopback(issuer)
    const port = values.number('port') ?? Number(process.env['PORT'] ?? ((isHere && new URL(issuer).port) || 8787))
    const host = values.text('host') ?? (isHere ? '127.0.0.1' : '0.0.0.0')
    const served = await serve({
      issuer: async () => {
        const settings = await read()
        return createIssuer({
          ...settings,
          guard: stores.guard,
          ...(stores.revocations && { revocations: stores.revocations }),
          ...(settings.authenticate === undefined && isHere && { authenticate: developmentLogin }),
          ...(!isHere && { scheme: (request: Request) => request.headers.get('x-forwarded-proto') }),
        })
      },
      port,
      host,
    })
    io.say(`${issuer} is served at http://${host}:${served.port}`)
    await new Promise((resolve) => {
      process.once('SIGTERM', resolve)
      process.once('SIGINT', resolve)
      process.on('SIGHUP', () => void served.reload().catch((error: Error) => io.say(`bulla: ${error.message}`)))
    })
    await served.close()
    await stores.close()
    return 0
  },
}

/** The command that runs the issuer. */
export const serveCommands: readonly Command[] = [serveCommand]
