/**
 * What is asked: the processes of an issuer and the store behind them, and what can be done to them.
 *
 * @module
 */

import type { CuttingProxy } from '../parties/cutting_proxy.ts'

/** The systems that users run. */
export const SYSTEMS = ['workerd', 'postgresql', 'redis', 'sqlite'] as const

/** One of them. */
export type SystemName = (typeof SYSTEMS)[number]

/** Which version a process runs: 0.1.0 as it was packed, or this checkout's. */
export type VersionName = 'previous' | 'current'

/** A process of the issuer. */
export interface Server {
  readonly name: string
  /** The way to it. */
  readonly link: CuttingProxy
  /** The way from it to its store, where that is elsewhere. */
  readonly storeLink: CuttingProxy | undefined
  version(): VersionName
  /** Ends it at once, as by `kill -9`. */
  kill(): Promise<void>
  /** Starts it, until it answers: again and again where it cannot start yet, as a service manager does. */
  start(): Promise<void>
  /** Stops it for so many milliseconds, as by SIGSTOP. */
  pause(milliseconds: number): Promise<void>
  /** Sets its clock off from the truth. Seconds. */
  setClock(seconds: number): Promise<void>
  /** Ends it as a deploy does, and starts it in another version. */
  turnTo(version: VersionName): Promise<void>
}

/** The store behind the issuer. */
export interface Store {
  /** Ends it at once, and starts it again after so many milliseconds, on what it had written. */
  restart(milliseconds: number): Promise<void>
  /** Stops it for so many milliseconds. Resolves with `false` where it stood still already. */
  pause(milliseconds: number): Promise<unknown>
}

/** All of it. */
export interface System {
  /** The issuer's URL. */
  readonly issuer: string
  readonly servers: readonly Server[]
  /** What remembers, where it is not in the processes themselves, or cannot be killed. */
  readonly store: Partial<Store>
  /** Rotates the ring, and gives it to all processes; tells whether it was time for that. */
  rotate(): Promise<boolean>
  /** Gives all processes other settings, which say the same of whoever asks here. */
  swapSettings(): Promise<void>
  stop(): Promise<void>
}
