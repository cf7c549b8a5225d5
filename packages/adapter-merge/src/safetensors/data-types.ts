/**
 * Bits per element, in the order in which the reference library sorts tensors when it writes (last first).
 * Fractions of a byte must add up to whole bytes over a tensor.
 */
export const bitsPerElement = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type DataType = keyof typeof bitsPerElement;

const order = Object.keys(bitsPerElement);

export function isDataType(value: unknown): value is DataType {
  return typeof value === 'string' && Object.hasOwn(bitsPerElement, value);
}

/** Bytes of a tensor, or undefined when its bits do not fill whole bytes or exceed what a file can hold. */
export function byteLengthOf(dtype: DataType, shape: readonly number[]): number | undefined {
  const elements = shape.reduce((product, size) => product * size, 1);
  const bits = elements * bitsPerElement[dtype];
  return Number.isSafeInteger(bits) && bits % 8 === 0 ? bits / 8 : undefined;
}

/** Descending alignment, then bytewise name: the order of the reference writer. */
export function compareForWriting(
  left: { readonly dtype: DataType; readonly name: string },
  right: { readonly dtype: DataType; readonly name: string },
): number {
  const byType = order.indexOf(right.dtype) - order.indexOf(left.dtype);
  return byType === 0 ? Buffer.compare(Buffer.from(left.name), Buffer.from(right.name)) : byType;
}
