/**
 * Processes of this machine: when they are there, and how they end.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'

/** Waits until something listens to a port. */
export async function waitForPort(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`nobody listens to ${port}`)
}

/** Ends a process by a signal, and waits until it has ended. */
export async function endProcess(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  const ended = new Promise((resolve) => process.once('exit', resolve))
  process.kill(signal)
  await ended
}
