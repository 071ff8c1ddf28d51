#!/usr/bin/env node
/**
 * The `bulla` command: data on stdout, words on stderr; exit 0, 1 (no) or 2 (wrong usage).
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { openBrowser } from './browser.ts'
import { makeRsaKey } from './rsa_key.ts'
import { run } from './run.ts'
import { terminalOf } from './terminal.ts'

const { stdout, stderr, env } = process
const [out, say] = [terminalOf(stdout, env), terminalOf(stderr, env)]

/**
 * Returns all that is typed or piped in; a person who sits there is told that it waits.
 *
 * Nothing else touches `process.stdin`: Node makes it non-blocking, and a shell that reads its own script from there would end.
 */
async function readStdin(what = 'stdin'): Promise<string> {
  const { stdin } = process
  if (stdin.isTTY) console.error(`waiting for ${what}: type or paste it, then press Enter and Ctrl-D`)
  return text(stdin)
}

process.exitCode = await run(
  process.argv.slice(2),
  {
    stdin: readStdin,
    out: (data) => console.log(out.spell(data)),
    say: (words) => console.error(say.spell(words)),
    ...(stderr.isTTY && {
      progress: (words) => stderr.write(`\r\x1b[K${say.spell(words).slice(0, (say.columns ?? 80) - 1)}`),
    }),
    now: Math.floor(Date.now() / 1000),
    random: () => randomBytes(32),
    wait: (seconds) => setTimeout(seconds * 1000),
    open: openBrowser,
    makeRsaKey,
  },
  { out, say },
)
