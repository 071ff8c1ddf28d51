/**
 * One process of an issuer in Node, and the links to it and from it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ENV, ROOT } from '../checkout.ts'
import { startCuttingProxy } from '../parties/cutting_proxy.ts'
import { freePort } from '../parties/live_issuer.ts'
import { endProcess } from '../parties/processes.ts'
import type { Break } from './breaks.ts'
import type { Server, VersionName } from './system.ts'

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** What a process is started with. */
export interface NodeServerChoice {
  readonly name: string
  /** Where its settings, its ring and its log are. */
  readonly folder: string
  /** The URL of its guard, by a port of this machine or a path. */
  readonly guardUrl: string
  readonly secrets: Readonly<Record<string, string>>
  /** The folder of the previous version's package. */
  readonly previous: string
  readonly broken: Break | undefined
}

/** A process, and what its system alone does to it. */
export interface StartedServer {
  readonly server: Server
  /** Sends it a signal, where it runs. */
  tell(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

/** Starts a process, and waits until it answers. */
export async function startNodeServer(choice: NodeServerChoice): Promise<StartedServer> {
  const { name, folder, secrets, previous, broken } = choice
  const port = await freePort()
  const link = await startCuttingProxy(port)
  const behind = URL.canParse(choice.guardUrl) ? Number(new URL(choice.guardUrl).port) : 0
  const storeLink = behind > 0 ? await startCuttingProxy(behind) : undefined
  const guardUrl = storeLink ? choice.guardUrl.replace(`:${behind}`, `:${storeLink.port}`) : choice.guardUrl
  const clock = join(folder, 'clock')
  await writeFile(clock, '0')

  let version: VersionName = 'current'
  let child: ChildProcess | undefined
  let isStopped = false

  function launch(): ChildProcess {
    const isOld = version === 'previous'
    const settings = join(folder, isOld ? 'previous.json' : 'settings.json')
    const program = isOld || broken ? ['test/soak/issuer_process.ts'] : ['src/cli/bulla.ts', 'serve']
    const [file = '', ...words] = program
    const log = openSync(join(folder, 'log'), 'a')
    const launched = spawn('node', [join(ROOT, file), ...words, '--settings', settings, '--port', String(port)], {
      cwd: folder,
      env: {
        ...ENV,
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'clock.ts')).href}`,
        // What was read once is read faster when it starts again.
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
        KEY_RING: '',
        KEY_RING_FILE: join(folder, 'ring.json'),
        GUARD_URL: guardUrl,
        ...secrets,
        SOAK_CLOCK: clock,
        ...(isOld ? { SOAK_PREVIOUS: previous } : broken && { SOAK_BREAK: broken }),
      },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    return launched
  }

  async function isUp(): Promise<boolean> {
    const answered = fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2000) })
    return answered.then(
      (answer) => answer.text().then(() => true),
      () => false,
    )
  }

  async function start(): Promise<void> {
    while (!isStopped) {
      child = launch()
      while (child.exitCode === null && child.signalCode === null && !isStopped) {
        if (await isUp()) return
        await wait(100)
      }
      await wait(500)
    }
  }
  const tell = (signal: NodeJS.Signals): void => void child?.kill(signal)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child) await endProcess(child, signal)
  }
  await start()

  return {
    tell,
    server: {
      name,
      link,
      storeLink,
      version: () => version,
      kill: () => end('SIGKILL'),
      start,
      async pause(milliseconds) {
        tell('SIGSTOP')
        await wait(milliseconds)
        tell('SIGCONT')
      },
      async setClock(seconds) {
        await writeFile(clock, String(seconds))
        tell('SIGUSR2')
      },
      async turnTo(next) {
        await end('SIGTERM')
        version = next
        await start()
      },
    },
    async stop() {
      isStopped = true
      await end('SIGKILL')
      await link.stop()
      await storeLink?.stop()
    },
  }
}
