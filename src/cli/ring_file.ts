/**
 * Files that hold a ring: its JSON, or a dotenv file with `KEY_RING`; `-` is stdin.
 *
 * @module
 */

import {
  type LoadedRing,
  loadRing,
  type Ring,
  type RingReading,
  readRing,
  refusalAt,
  writeRing,
} from '../../keys/index.ts'
import { type Io, type Option, Refusal, UsageError, type Values } from './command.ts'
import { readVariable, writeVariable } from './dotenv_file.ts'
import { readTextFile, replaceFile } from './secret_file.ts'

/** Where a command has the ring from. */
export const RING: Option = {
  type: 'string',
  value: 'FILE',
  help: 'the ring: its JSON, or a dotenv file with KEY_RING; - is stdin',
}

/** Returns the text of a file, or of stdin for `-`. */
export async function readText(file: string, io: Io): Promise<string> {
  return file === '-' ? io.stdin() : readTextFile(file)
}

/** Tells whether a text is JSON rather than a dotenv file. */
export function isJson(text: string): boolean {
  return text.trimStart().startsWith('{')
}

/** Returns the JSON of the ring in a text: the text itself, or what `KEY_RING` in it holds. */
export function ringTextOf(text: string): string | undefined {
  return isJson(text) ? text : readVariable(text, 'KEY_RING')
}

/** Reads a ring for a look at it: roots that cannot be read are told of, and left out. */
export function readRingText(text: string): RingReading {
  const reading = readRing(ringTextOf(text))
  if (!reading.ok) throw new Refusal(`${reading.detail} (${reading.reason})`)
  return reading
}

/** A ring that is to be changed, and the file that it came from. */
export interface RingFile {
  readonly file: string
  /** The file's text. */
  readonly text: string
  readonly ring: Ring
}

/** Reads a ring that is to be written again: a root that cannot be read would be lost, so none may be. */
export async function readWholeRing(values: Values, io: Io): Promise<RingFile> {
  const file = values.need('ring')
  if (file === '-' && values.has('in-place')) throw new UsageError('--in-place needs a file, not stdin')
  const text = await readText(file, io)
  const { ring, bad } = readRingText(text)
  if (bad.length > 0)
    throw new Refusal(`${bad.map((root) => root.message).join('; ')}. Mend it before you change the ring`)
  return { file, text, ring }
}

/** Returns the ring as an issuer would load it. */
function load(json: string, values: Values, io: Io): LoadedRing {
  const longestLife = values.number('longest-life')
  const loaded = loadRing({ ring: json }, { now: io.now, ...(longestLife === undefined ? {} : { longestLife }) })
  if (!loaded.ok) throw new Refusal(`${loaded.detail} (${loaded.reason}); nothing is written`)
  return loaded
}

/**
 * Returns the text of a ring, read back by the rules by which an issuer loads it.
 *
 * @param before the ring that it was, where it was one: what an issuer already went on without may stay as it is
 * @throws {Refusal} when an issuer could not read it, would leave a root out, or could not seal with it
 */
export function writeReadableRing(ring: Ring, before: Ring | undefined, values: Values, io: Io): string {
  const json = writeRing(ring)
  const loaded = load(json, values, io)
  const old = before === undefined ? undefined : load(writeRing(before), values, io)
  const fault = loaded.bad.find(({ kid }) => !old?.bad.some((bad) => bad.kid === kid))
  if (fault !== undefined) throw new Refusal(`${fault.message}; nothing is written`)
  const isKept = ring.revoked.length === (before?.revoked.length ?? 0)
  const wasGood = old === undefined || refusalAt(old, io.now) === undefined
  const refusal = isKept && wasGood ? refusalAt(loaded, io.now) : undefined
  if (refusal !== undefined) throw new Refusal(`${refusal.detail} (${refusal.reason}); nothing is written`)
  return json
}

/** Writes a changed ring: to stdout, or with `--in-place` into the file that it came from. */
export async function writeChangedRing(
  { file, text, ring }: RingFile,
  changed: Ring,
  values: Values,
  io: Io,
): Promise<void> {
  const json = writeReadableRing(changed, ring, values, io)
  if (!values.has('in-place')) return io.out(json)
  await replaceFile(file, text, isJson(text) ? `${json}\n` : writeVariable(text, 'KEY_RING', json))
  io.say(`${file} is written; put it where the issuer has its secrets`)
}
