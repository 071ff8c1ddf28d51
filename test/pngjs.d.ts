declare module 'pngjs' {
  export class PNG {
    static readonly sync: {
      read(file: Buffer): PNG
      write(picture: PNG, how: { colorType: 2; deflateLevel: number; filterType: -1 }): Buffer
    }
    static bitblt(
      from: PNG,
      to: PNG,
      x: number,
      y: number,
      width: number,
      height: number,
      toX: number,
      toY: number,
    ): void
    constructor(size: { width: number; height: number })
    readonly width: number
    readonly height: number
    readonly data: Buffer
  }
}
