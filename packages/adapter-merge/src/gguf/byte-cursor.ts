/** Thrown when the bytes end before the value does. */
export class OutOfBytes extends Error {
  override readonly name = 'OutOfBytes';
}

/** Reads little-endian values one after another and never past the end. */
export class ByteCursor {
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A u64 used as a count or an offset; one that is no safe integer cannot fit any file. */
  size(): number {
    const value = Number(this.#view.getBigUint64(this.#advance(8), true));
    if (!Number.isSafeInteger(value)) throw new OutOfBytes(`${value} exceeds any file`);
    return value;
  }

  text(): string {
    const length = this.size();
    const start = this.#advance(length);
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length));
  }

  /** A value of GGUF's type number, or undefined when the number is unknown. */
  scalar(type: number): string | number | boolean | undefined {
    return scalars[type]?.(
      this.#view,
      (length) => this.#advance(length),
      () => this.text(),
    );
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length > this.#view.byteLength - start) throw new OutOfBytes(`${length} bytes at ${start}`);
    this.#position += length;
    return start;
  }
}

type ReadScalar = (
  view: DataView,
  advance: (length: number) => number,
  text: () => string,
) => string | number | boolean;

/** By GGUF's type number; 9 is the array. */
const scalars: Readonly<Record<number, ReadScalar>> = {
  0: (view, advance) => view.getUint8(advance(1)),
  1: (view, advance) => view.getInt8(advance(1)),
  2: (view, advance) => view.getUint16(advance(2), true),
  3: (view, advance) => view.getInt16(advance(2), true),
  4: (view, advance) => view.getUint32(advance(4), true),
  5: (view, advance) => view.getInt32(advance(4), true),
  6: (view, advance) => view.getFloat32(advance(4), true),
  7: (view, advance) => view.getUint8(advance(1)) !== 0,
  8: (_view, _advance, text) => text(),
  10: (view, advance) => Number(view.getBigUint64(advance(8), true)),
  11: (view, advance) => Number(view.getBigInt64(advance(8), true)),
  12: (view, advance) => view.getFloat64(advance(8), true),
};
