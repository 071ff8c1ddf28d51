/**
 * What processes use of this machine: time of its CPUs, writes to its disk.
 *
 * @module
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'

/** Ticks of a second, by which Linux tells times to programs (`sysconf(_SC_CLK_TCK)`). */
const TICKS = 100

/** Returns the fields of a process's `stat`, from the third on: its name may have spaces in it. */
function fieldsOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Returns the processes that a process has started and that still run. */
function childrenOf(pid: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((other) => {
    try {
      return fieldsOf(other)[1] === String(pid)
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

/** Returns the seconds of CPU that a process and its children have taken, also those that have ended (proc_pid_stat(5), fields 14 to 17). */
export function cpuSecondsOf(pid: number): number {
  const own = fieldsOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0)
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own / TICKS)
}

/**
 * Returns how many writes the disk of a folder has done; nothing where it is none that counts. All of this machine's are in it.
 */
export function diskWritesOf(folder: string): number | undefined {
  const { dev } = statSync(folder)
  // As Linux packs them (makedev(3)); of larger numbers there are none here.
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)]
  try {
    return Number(readFileSync(`/sys/dev/block/${major}:${minor}/stat`, 'utf8').trim().split(/\s+/)[4])
  } catch {
    return undefined
  }
}
