import { describe, expect, it } from 'vitest'
import { freshFor } from '../../src/remote/public/freshness.ts'

const NOW = Date.parse('Thu, 26 Nov 2026 09:00:00 GMT') / 1000

describe('a document of strangers', () => {
  it.each<[seconds: number, headers: Record<string, string>]>([
    [300, {}],
    [120, { 'cache-control': 'max-age=120' }],
    [120, { 'cache-control': 'public, Max-Age="120"' }],
    [200, { 'cache-control': 'max-age=120, s-maxage=200' }],
    [90, { 'cache-control': 'max-age=120', age: '30' }],
    [60, { 'cache-control': 'max-age=120', age: '119' }],
    [120, { 'cache-control': 'max-age=120', age: 'old' }],
    [60, { 'cache-control': 'max-age=1' }],
    [60, { 'cache-control': 'max-age=0' }],
    [3600, { 'cache-control': 'max-age=3600' }],
    [3600, { 'cache-control': 'max-age=31536000, immutable' }],
    [60, { 'cache-control': 'max-age=99999999999999999999' }],
    [60, { 'cache-control': 'max-age=-1' }],
    [60, { 'cache-control': 'max-age=1h' }],
    [60, { 'cache-control': 'max-age' }],
    [100, { 'cache-control': 'max-age=200, max-age=100' }],
    [60, { 'cache-control': 'no-store' }],
    [60, { 'cache-control': 'no-cache, max-age=600' }],
    [60, { 'cache-control': 'private="set-cookie", max-age=600' }],
    [300, { 'cache-control': 'public' }],
    [300, { 'cache-control': 'x-max-age=600' }],
    [600, { expires: 'Thu, 26 Nov 2026 09:10:00 GMT' }],
    [600, { expires: 'Thu, 26 Nov 2026 10:10:00 GMT', date: 'Thu, 26 Nov 2026 10:00:00 GMT' }],
    [540, { expires: 'Thu, 26 Nov 2026 09:10:00 GMT', age: '60' }],
    [60, { expires: '0' }],
    [60, { expires: 'Thu, 26 Nov 2020 09:10:00 GMT' }],
    [3600, { expires: 'Thu, 26 Nov 2099 09:10:00 GMT' }],
    [120, { 'cache-control': 'max-age=120', expires: 'Thu, 26 Nov 2026 09:10:00 GMT' }],
  ])('serves for %i seconds with %j (RFC 9111 §4.2)', (seconds, headers) => {
    expect(freshFor(new Headers(headers), NOW)).toBe(seconds)
  })
})
