/**
 * A terminal: what a program shows there, and what somebody types.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { ENV } from '../checkout.ts'

/** A program at a terminal. */
export interface Session {
  /** What is shown until now. */
  readonly shown: () => string
  /** Waits until that is shown. */
  shows(words: string | RegExp): Promise<void>
  type(text: string): void
  /** The exit status. */
  readonly ended: Promise<number | null>
}

/** Runs words of a shell at a terminal of so many columns. */
export function atTerminal(
  words: string,
  { cwd, env = {}, columns = 100 }: { cwd: string; env?: NodeJS.ProcessEnv; columns?: number },
): Session {
  const { FORCE_COLOR: _, NO_COLOR: __, CI: ___, ...usual } = ENV
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 40; ${words}`, '/dev/null'], {
    cwd,
    env: { ...usual, SHELL: '/bin/bash', TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: '', ...env },
  })
  let shown = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text
    for (const look of waiting) look()
  })
  child.stdin.on('error', () => {})
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    shown: () => shown,
    shows: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown)) resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`it never showed ${wanted}, but: ${shown}`)))
      }),
    type: (text) => void child.stdin.write(text),
    ended,
  }
}
