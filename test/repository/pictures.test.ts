import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { DOCS, README } from '../docs.ts'

const pictures = globSync('docs/pictures/*.svg', { cwd: ROOT }).map(
  (file) => [basename(file), readFileSync(join(ROOT, file), 'utf8')] as const,
)

/** Returns the relative luminance of `#rrggbb` (WCAG 2.2). */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrastOf(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

describe('the pictures', () => {
  it('are there', () => {
    expect(pictures.length).toBeGreaterThan(4)
  })

  it.each(pictures)('%s is shown, with words in its place', (file, svg) => {
    const shown = [...`${README}\n${DOCS}`.matchAll(/!\[([^\]]{40,})\]\(([^)]+)\)/g)]
    expect(shown.map(([, , path = '']) => basename(path))).toContain(file)
    expect(svg).toMatch(/role="img" aria-labelledby="title"/)
    expect(svg).toMatch(/<title id="title">[^<]{40,}<\/title>/)
  })

  it.each(pictures)('%s can be read in both schemes (WCAG 2.2 §1.4.3)', (_, svg) => {
    const [light = '', dark = ''] = [...svg.matchAll(/svg \{ (.*?) \}/g)].map(([, colours = '']) => colours)
    expect(svg).toMatch(/@media \(prefers-color-scheme: dark\)/)
    for (const colours of [light, dark]) {
      const of = Object.fromEntries([...colours.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map(([, k, v]) => [k, v ?? '']))
      for (const text of ['ink', 'quiet', 'clay'])
        for (const ground of ['paper', 'wash'])
          expect(contrastOf(of[text] ?? '', of[ground] ?? ''), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  })

  it.each(pictures)('%s asks nobody for anything', (_, svg) => {
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /href|url\(|https?:|<script|<image|@import/,
    )
  })
})
