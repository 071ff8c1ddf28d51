/**
 * How much there is to load, and how long a Worker takes until its first answer.
 *
 * @module
 */

import { gzipSync } from 'node:zlib'
import { type Effort, median } from './measure.ts'
import { issuerWorker } from './mint.ts'
import { type Row, writeTime } from './report.ts'
import { ISSUER } from './tokens.ts'
import { bundle, startWorker, type WorkerOptions } from './workerd.ts'

async function weigh(entry: string): Promise<number> {
  return gzipSync(await bundle(entry, true), { level: 9 }).length / 1000
}

/** Starts a Worker, asks it once, and tells how long both took. */
async function start(options: WorkerOptions, path: string): Promise<number> {
  await bundle(options.entry)
  const begun = process.hrtime.bigint()
  const worker = await startWorker(options)
  try {
    await (await fetch(`http://127.0.0.1:${worker.port}${path}`, { headers: { host: new URL(ISSUER).host } })).text()
    return Number(process.hrtime.bigint() - begun)
  } finally {
    await worker.stop()
  }
}

/** Weighs the bundles, and takes the time of starts. */
export async function weights({ rounds }: Effort): Promise<readonly Row[]> {
  const verifier = await weigh('src/verifier/direct.ts')
  const both = await weigh('src/verifier/index.ts')
  const worker = await weigh('src/worker.ts')
  const [ours, floor]: [number[], number[]] = [[], []]
  const least = { entry: 'test/bench/workers/floor.ts', bindings: { ANSWER: '', HEADERS: {} } }
  for (let round = 0; round < Math.min(rounds, 7); round++) {
    ours.push(await start(issuerWorker(), '/healthz'))
    floor.push(await start(least, '/healthz'))
  }
  const kilobytes = (size: number): string => `${size.toFixed(1)} kB min+gzip`
  return [
    {
      group: 'weight',
      ours: 'bulla/verifier/direct',
      beside: '',
      figures: kilobytes(verifier),
      ratio: verifier,
      unit: 'kB',
      bar: { atMost: 7.5 },
    },
    { group: 'weight', ours: 'bulla/verifier', beside: '', figures: kilobytes(both) },
    {
      group: 'weight',
      ours: 'the Worker',
      beside: '',
      figures: kilobytes(worker),
      ratio: worker,
      unit: 'kB',
      bar: { atMost: 100 },
    },
    {
      group: 'cold start',
      ours: 'workerd from nothing to the first answer',
      beside: 'the same with the floor route',
      figures: `${writeTime(median(ours))} : ${writeTime(median(floor))}`,
      ratio: median(ours.map((time, round) => time / (floor[round] ?? Number.NaN))),
      bar: { atMost: 1.3 },
    },
  ]
}
