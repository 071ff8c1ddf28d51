/**
 * Another process that asks the same guard: it is handed the URL of one, and then calls by messages.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { endProcess } from './processes.ts'

/** A call of a guard that another process makes: a method, and what it is given. */
export type GuardCall = readonly [method: string, ...given: readonly unknown[]]

/** Another process that asks a guard. */
export interface GuardProcess {
  /** Makes calls, all at once, and returns what each was told: an answer, or the reason why there is none. */
  ask(calls: readonly GuardCall[]): Promise<readonly unknown[]>
  /** Ends it at once, as by `kill -9`. */
  kill(): Promise<void>
}

const SOURCE = `
import { openStores } from ${JSON.stringify(join(ROOT, 'src', 'node', 'open_stores.ts'))}
const { guard } = await openStores(process.argv[1])
await guard.ready()
process.on('message', async (calls) => {
  const told = calls.map(([method, ...given]) => guard[method](...given).catch((error) => error.reason ?? error.name))
  process.send(await Promise.all(told))
})
process.send('ready')
`

/** Starts a process that asks the guard of a URL. */
export async function startGuardProcess(url: string): Promise<GuardProcess> {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', SOURCE, url], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const end = (): void => reject(new Error('the process has ended'))
      child.once('exit', end)
      child.once('message', (message) => {
        child.off('exit', end)
        resolve(message)
      })
    })
  await next()
  return {
    async ask(calls) {
      const told = next()
      child.send([...calls])
      return (await told) as readonly unknown[]
    },
    kill: () => endProcess(child, 'SIGKILL'),
  }
}
