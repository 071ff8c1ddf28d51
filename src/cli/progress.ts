/**
 * What a person sees who waits: after a second a line on the terminal, that says what is done and since when.
 *
 * @module
 */

import type { Command, Io } from './command.ts'

/**
 * Runs a command that takes its time. Whatever it says takes the place of the line, an interrupt too.
 *
 * @param io of a terminal where it has `progress`; else nothing is shown
 */
export async function withProgress(
  { call, isLasting = false }: Command,
  io: Io,
  run: (io: Io) => Promise<number>,
): Promise<number> {
  const { progress, out, say, stdin } = io
  if (progress === undefined || isLasting) return run(io)
  let [doing, seconds, isTyping, isShown] = [`bulla ${call}`, 0, false, false]
  const show = (words: string): void => {
    if (words !== '' || isShown) progress(words)
    isShown = words !== ''
  }
  const clear = (): void => show('')
  const timer = setInterval(() => {
    seconds++
    if (!isTyping) show(`${doing}, ${seconds} s`)
  }, 1000)
  const interrupt = (): void => {
    clear()
    process.kill(process.pid, 'SIGINT')
  }
  process.once('SIGINT', interrupt)
  const before = (write: (text: string) => void) => (text: string) => {
    clear()
    write(text)
  }
  try {
    return await run({
      ...io,
      out: before(out),
      say: before(say),
      progress(words) {
        doing = words === '' ? `bulla ${call}` : words
        show(words)
      },
      async stdin(what) {
        isTyping = true
        try {
          return await stdin(what)
        } finally {
          isTyping = false
        }
      },
    })
  } finally {
    clearInterval(timer)
    process.off('SIGINT', interrupt)
    clear()
  }
}
