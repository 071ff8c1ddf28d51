/**
 * Pictures of pages as they are kept beside the tests: what changes shows in the diff of a commit.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'
import { ROOT } from '../checkout.ts'

/** Where they are kept. */
const KEPT = join(ROOT, 'test/browser/pictures')

/** What of a picture may differ: the edges of a few letters, and no line. */
const LEEWAY = 0.0005

/** Puts pictures beside each other into one. */
export function besideEachOther(pictures: readonly Buffer[]): Buffer {
  const read = pictures.map((picture) => PNG.sync.read(picture))
  const [width, height] = [read.reduce((sum, one) => sum + one.width, 0), Math.max(...read.map((one) => one.height))]
  const sheet = new PNG({ width, height })
  let at = 0
  for (const one of read) {
    PNG.bitblt(one, sheet, 0, 0, one.width, one.height, at, 0)
    at += one.width
  }
  // Thirty-two levels of a colour are enough to see by, and save half of the bytes.
  for (let byte = 0; byte < sheet.data.length; byte += 1) {
    const level = (sheet.data[byte] ?? 0) >> 3
    sheet.data[byte] = (level << 3) | (level >> 2)
  }
  return PNG.sync.write(sheet, { colorType: 2, deflateLevel: 9, filterType: -1 })
}

/** Returns how much of two pictures differs, from 0 to 1; of another size all. */
function differenceOf(one: Buffer, other: Buffer): number {
  const [kept, now] = [PNG.sync.read(one), PNG.sync.read(other)]
  if (kept.width !== now.width || Math.abs(kept.height - now.height) > 24) return 1
  const height = Math.min(kept.height, now.height)
  const cut = ({ width, data }: PNG): Buffer => data.subarray(0, width * height * 4)
  return pixelmatch(cut(kept), cut(now), undefined, kept.width, height, { threshold: 0.2 }) / (kept.width * height)
}

/**
 * Holds a picture against the one that is kept. With `PICTURES=keep` in the environment it is kept itself.
 *
 * @returns what is wrong with it, if anything
 */
export function comparePicture(name: string, picture: Buffer): string | undefined {
  const [file, now] = [join(KEPT, `${name}.png`), join(KEPT, `${name}.now.png`)]
  rmSync(now, { force: true })
  if (process.env['PICTURES'] === 'keep') {
    mkdirSync(KEPT, { recursive: true })
    if (!existsSync(file) || differenceOf(readFileSync(file), picture) > 0) writeFileSync(file, picture)
    return undefined
  }
  if (!existsSync(file)) return `${name}: no picture is kept of it; PICTURES=keep keeps one`
  const difference = differenceOf(readFileSync(file), picture)
  if (difference <= LEEWAY) return undefined
  writeFileSync(now, picture)
  return `${name}: ${Math.round(difference * 1000) / 10} % of it is otherwise; look at ${name}.now.png, and keep it with PICTURES=keep`
}
