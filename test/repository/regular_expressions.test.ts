import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'

/** A regular expression as it is written: what stands between the slashes. */
const LITERAL =
  /(?<=[(,=:?!&|]\s*|return )\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])*)\/[a-z]*/g

/** A run up to the end, which is tried at each place of a run that does not end there. */
const RUN_TO_THE_END = /^(?!\^|\(\?<)(?:\\.|\[(?:\\.|[^\]\\])*\]|[^\\[])[+*]\$$/

/** Such runs over what is ours alone: padding of base64, at most two. */
const OURS = ['keys/base64url.ts =+$']

describe('regular expressions', () => {
  // promise: P27
  it('try no run of characters at each of its places, which takes as long as its length times itself', () => {
    const files = globSync(['src/**/*.ts', 'keys/*.ts'], { cwd: ROOT }).sort()
    const all = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(LITERAL)].map(([, inside = '']) => ({ file, inside })),
    )
    expect(all.length).toBeGreaterThan(200)
    const runs = all.filter(({ inside }) => RUN_TO_THE_END.test(inside))
    expect(runs.map(({ file, inside }) => `${file} ${inside}`)).toEqual(OURS)
  })
})
