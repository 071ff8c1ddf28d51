import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { ROOT } from '../checkout.ts'
import { PAGES } from '../docs.ts'

describe('the Worker’s own settings', () => {
  it('turn on logs and traces without a query, as wrangler reads them and the page of metrics shows them', () => {
    const config = join(ROOT, 'wrangler.toml')
    const own = { enabled: true, redact_query_string: true, traces: { enabled: true } }
    expect(unstable_readConfig({ config }).observability).toMatchObject(own)
    const [, shown = ''] =
      /```toml\n(\[observability\][\s\S]*?)```/.exec(PAGES.get('docs/guides/metrics.md') ?? '') ?? []
    expect(parse(shown)).toEqual({ observability: own })
  })

  it('have no table that swallows what stands behind it: the issuer is at its own host, and at no second one', () => {
    const { workers_dev, preview_urls, observability } = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') })
    expect({ workers_dev, preview_urls }).toEqual({ workers_dev: false, preview_urls: false })
    expect(observability).not.toHaveProperty('workers_dev')
  })
})
