import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'

/** What judges a history, and all that this may be made of. */
const ALONE = ['test/soak/check.ts', 'test/soak/history.ts', 'test/soak/story.ts']

describe('what judges histories', () => {
  // promise: Z03
  it('shares no code with the issuer, types included', async () => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, 'test/soak/check.ts')],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      absWorkingDir: ROOT,
    })
    for (const file of Object.keys(metafile.inputs)) expect(ALONE).toContain(relative(ROOT, join(ROOT, file)))
    // An import of types is in no bundle.
    for (const file of ALONE)
      for (const [, from = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?'([^']+)'/g))
        expect([file, from]).toEqual([file, expect.stringMatching(/^(?:node:\w+|\.\/(?:history|story|check)\.ts)$/)])
  })
})
