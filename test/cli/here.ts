/**
 * The command in this process, where no process of its own is what is tested.
 *
 * @module
 */

import type { Io } from '../../src/cli/command.ts'
import { makeRsaKey } from '../../src/cli/rsa_key.ts'
import { run } from '../../src/cli/run.ts'
import { type Terminal, terminalOf } from '../../src/cli/terminal.ts'
import type { Ended } from '../checkout.ts'

/** A pipe. */
const PIPE: Terminal = terminalOf({ isTTY: false, columns: 80 }, {})

/** Runs `bulla` with these words, as if in a pipe; `terminal` and `io` say what is otherwise. */
export async function bullaHere(
  words: readonly string[],
  { input = '', terminal = PIPE, io = {} }: { input?: string; terminal?: Terminal; io?: Partial<Io> } = {},
): Promise<Ended> {
  let [out, err] = ['', '']
  const code = await run(
    words,
    {
      stdin: async () => input,
      out: (data) => {
        out += `${data}\n`
      },
      say: (said) => {
        err += `${said}\n`
      },
      now: Math.floor(Date.now() / 1000),
      random: () => crypto.getRandomValues(new Uint8Array(32)),
      wait: async () => {},
      open: () => {},
      makeRsaKey,
      ...io,
    },
    { out: terminal, say: terminal },
  )
  return { code, out, err }
}
