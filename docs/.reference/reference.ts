/**
 * `npm run reference`: writes what the code knows into the pages of the reference. With `--check` it writes nothing, and ends with 1
 * where a page says something else.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedPages } from './pages.ts'

const isCheck = process.argv.includes('--check')
for (const { file, text, generated } of await generatedPages()) {
  if (text === generated) continue
  console.log(isCheck ? `${file} is not what the code says: npm run reference` : `${file} written`)
  if (isCheck) process.exitCode = 1
  else writeFileSync(join(import.meta.dirname, '..', '..', file), generated)
}
