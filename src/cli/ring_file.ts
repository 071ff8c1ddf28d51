/**
 * Files that hold a ring: its JSON, or a dotenv file with `KEY_RING`; `-` is stdin.
 *
 * @module
 */

import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { type Ring, type RingReading, readRing, writeRing } from '../../keys/index.ts'
import { type Io, Refusal, UsageError } from './command.ts'

/** Returns the text of a file, or of stdin for `-`. */
export async function readText(file: string, io: Io): Promise<string> {
  if (file === '-') return io.stdin()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Refusal(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Tells whether a text is JSON rather than a dotenv file. */
export function isJson(text: string): boolean {
  return text.trimStart().startsWith('{')
}

/** Returns the JSON of the ring in a text: the text itself, or what `KEY_RING` in it holds. */
export function ringTextOf(text: string): string | undefined {
  return isJson(text) ? text : parseEnv(text)['KEY_RING']
}

/** Reads a ring for a look at it: roots that cannot be read are told of, and left out. */
export function readRingText(text: string): RingReading {
  const reading = readRing(ringTextOf(text))
  if (!reading.ok) throw new Refusal(`${reading.detail} (${reading.reason})`)
  return reading
}

/** Reads a ring that is to be written again: a root that cannot be read would be lost, so none may be. */
export async function readWholeRing(file: string, io: Io): Promise<Ring> {
  const { ring, bad } = readRingText(await readText(file, io))
  if (bad.length > 0)
    throw new Refusal(`${bad.map((root) => root.message).join('; ')}. Mend it before you change the ring`)
  return ring
}

/** Returns a dotenv file's text with another `KEY_RING`. */
function replaceKeyRing(text: string, ring: string): string {
  const line = `KEY_RING='${ring}'`
  const isThere = /^KEY_RING=.*$/m.test(text)
  return isThere ? text.replace(/^KEY_RING=.*$/m, () => line) : `${text.replace(/\n?$/, '\n')}${line}\n`
}

/**
 * Writes a ring: to stdout, or with `inPlace` into the file that it came from, in one step and readable by its owner
 * alone, so that no crash leaves half a ring.
 */
export async function writeRingTo(file: string, ring: Ring, inPlace: boolean, io: Io): Promise<void> {
  const json = writeRing(ring)
  if (!inPlace) return io.out(json)
  if (file === '-') throw new UsageError('--in-place needs a file, not stdin')
  const before = await readFile(file, 'utf8')
  const after = isJson(before) ? `${json}\n` : replaceKeyRing(before, json)
  const mode = (await stat(file)).mode & 0o700
  await writeFile(`${file}.new`, after, { mode })
  await rename(`${file}.new`, file)
  io.say(`${file} is written; put it where the issuer has its secrets`)
}
