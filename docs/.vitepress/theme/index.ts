/**
 * VitePress' own theme with the fonts of the reader's system, and a few colours.
 *
 * @module
 */

import DefaultTheme from 'vitepress/theme-without-fonts'
import './style.css'

export default DefaultTheme
