/** Reads big-endian numbers and pieces from the front of some bytes; what is not there is `Malformed`. */
import { Malformed } from "./Encoder.ts"

export class BinaryReader {
  private readonly bytes: Buffer
  private position = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.position === this.bytes.length
  }

  take(length: number): Buffer {
    const end = this.position + length
    if (length < 0 || end > this.bytes.length) throw new Malformed(`${length} bytes are announced and not there`)
    const taken = this.bytes.subarray(this.position, end)
    this.position = end
    return taken
  }

  int(bits: 8 | 16 | 32 | 64): bigint {
    return BigInt.asIntN(bits, BigInt(`0x${this.take(bits / 8).toString("hex")}`))
  }

  float(bits: 32 | 64): number {
    const taken = this.take(bits / 8)
    return bits === 32 ? taken.readFloatBE() : taken.readDoubleBE()
  }
}
