/**
 * The colours that pages stand on, and whether an operator's own can be read there (WCAG 2.2 §1.4.3).
 *
 * @module
 */

/** What text stands on, in each scheme: the card, and the ground around it. */
export const SURFACES = {
  light: { card: '#fffdf9', ground: '#f6f3ee' },
  dark: { card: '#26221d', ground: '#1b1815' },
} as const

/** Whether a page is light or dark. */
export type Scheme = keyof typeof SURFACES

/** The least contrast of text (WCAG 2.2 §1.4.3). */
export const LEAST_CONTRAST = 4.5

/** Returns the red, green and blue of `#rrggbb`, each from 0 to 255. */
function channelsOf(colour: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}

/** Returns the relative luminance of `#rrggbb`, from 0 to 1 (WCAG 2.2, "relative luminance"). */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Returns the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrastOf(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminanceOf(one), luminanceOf(other)].sort((first, second) => first - second)
  return (light + 0.05) / (dark + 0.05)
}

/** Returns the surface of a scheme on which a colour can be read worst. */
export function worstSurface(colour: string, scheme: Scheme): { readonly surface: string; readonly contrast: number } {
  const [worst] = Object.entries(SURFACES[scheme])
    .map(([surface, ground]) => ({ surface, contrast: contrastOf(colour, ground) }))
    .sort((one, other) => one.contrast - other.contrast)
  return worst as { surface: string; contrast: number }
}

/** Returns the text that can be read on a colour: black or white, of which one has at least 4.58 : 1 on any. */
export function inkOn(colour: string): string {
  return contrastOf(colour, '#ffffff') >= contrastOf(colour, '#000000') ? '#ffffff' : '#000000'
}

/** Returns a colour of the same hue that can be read in the dark: as much white is mixed in as that needs. */
export function lightened(colour: string): string {
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = channelsOf(colour).map((channel) => Math.round(channel + (255 - channel) * part))
    const text = `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
    if (worstSurface(text, 'dark').contrast >= LEAST_CONTRAST) return text
  }
  return '#ffffff'
}
