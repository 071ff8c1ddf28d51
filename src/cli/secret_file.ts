/**
 * Files that hold secrets: readable by their owner alone, and whole at every instant.
 *
 * @module
 */

import { link, lstat, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from './command.ts'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** What the usual errors of a system mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'it is not there',
  EACCES: 'you may not',
  EPERM: 'you may not',
  EISDIR: 'it is a folder',
  EROFS: 'nothing there can be written',
  ENOSPC: 'the disk is full',
}

/** Returns what the system said, and what that means. */
export function whyNot(error: unknown): string {
  const code = codeOf(error) ?? ''
  return Object.hasOwn(MEANINGS, code) ? `${code}, ${MEANINGS[code]}` : code
}

/** Reads a text file; a byte order mark is no part of it. */
export async function readTextFile(file: string): Promise<string> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw new Refusal(`cannot read ${file}: ${whyNot(error)}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal(`cannot read ${file}: it is not UTF-8`)
  }
}

/** Who may do what with a file that takes another's place. */
interface Owner {
  readonly mode: number
  readonly uid: number
}

/** Puts a text on the disk beside its place, and into that place in one step. A crash leaves the old file, or the new. */
async function place(
  file: string,
  text: string,
  owner: Owner | undefined,
  settle: (beside: string) => Promise<void>,
): Promise<void> {
  const beside = `${file}.new`
  try {
    const handle = await open(beside, 'wx', owner?.mode ?? 0o600)
    try {
      try {
        if (owner !== undefined) await handle.chown(owner.uid, -1)
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await settle(beside)
    } finally {
      await unlink(beside).catch(() => undefined)
    }
  } catch (error) {
    if (error instanceof Refusal || codeOf(error) === undefined) throw error
    const isBusy = codeOf(error) === 'EEXIST' && (error as NodeJS.ErrnoException).syscall === 'open'
    throw new Refusal(
      isBusy
        ? `${beside} is there: somebody else is writing, or was stopped half-way; if nobody is, remove it`
        : `cannot write ${file}: ${whyNot(error)}`,
    )
  }
}

/**
 * Refuses to write where something is already, be it a link that leads nowhere.
 *
 * @throws {Refusal}
 */
export async function checkIsFree(file: string): Promise<void> {
  const isThere = await lstat(file).then(
    () => true,
    (error) => codeOf(error) !== 'ENOENT',
  )
  if (isThere) throw new Refusal(`${file} is there already, or cannot be reached; nothing is written over it`)
}

/** Writes a new file, mode 0600. */
export async function writeNewFile(file: string, text: string): Promise<void> {
  await checkIsFree(file)
  // A link, not a rename: what somebody else wrote there meanwhile stays.
  await place(file, text, undefined, (beside) => link(beside, file))
}

/**
 * Replaces what is in a file. A symbolic link stays one: the file that it leads to is written. The owner stays; all other
 * rights go.
 *
 * @param before what was read from it: if it is not so any more, somebody else changed it, and nothing is written
 */
export async function replaceFile(file: string, before: string, after: string): Promise<void> {
  const real = await realpath(file)
  const there = await stat(real)
  if (!there.isFile()) throw new Refusal(`${file} is no file that can be written back into`)
  if (there.nlink > 1) throw new Refusal(`${file} has another name (a hard link), which would keep the old text`)
  await place(real, after, { mode: there.mode & 0o600, uid: there.uid }, async (beside) => {
    if ((await readTextFile(real)) !== before)
      throw new Refusal(`${file} was changed by somebody else; nothing is written`)
    await rename(beside, real)
    await syncFolder(dirname(real))
  })
}

/** Makes a rename last; not every platform can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
