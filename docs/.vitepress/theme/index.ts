/**
 * VitePress' own theme with the fonts of the reader's system, a few colours, and a search that is asked in plain words.
 *
 * @module
 */

import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import { ASKING } from './search.ts'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp({ siteData }) {
    siteData.value.themeConfig.search.options.miniSearch = { searchOptions: ASKING }
  },
} satisfies Theme
