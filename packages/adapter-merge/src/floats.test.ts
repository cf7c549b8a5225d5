import { describe, expect, it } from 'vitest';
import { findNonFinite, fromFloat32, toFloat32 } from './floats.ts';

const everyHalf = new Uint16Array(65_536).map((_, index) => index);

function bfloat16(value: number): number {
  return new Uint16Array(fromFloat32(new Float32Array([value]), 'BF16').buffer)[0] as number;
}

function fromBits(bits: number): number {
  return new Float32Array(new Uint32Array([bits]).buffer)[0] as number;
}

describe('16-bit numbers', () => {
  it.each(['BF16', 'F16'] as const)('%s survives the way to fp32 and back, all 65536 of them', (dtype) => {
    const wide = toFloat32(new Uint8Array(everyHalf.slice().buffer), dtype);
    const back = new Uint16Array(fromFloat32(wide, dtype).buffer);
    const changed = [...everyHalf].filter(
      (half, index) => half !== back[index] && !Number.isNaN(wide[index]),
    );
    expect(changed).toEqual([]);
    expect([...wide].filter(Number.isNaN).length).toBe(
      [...toFloat32(new Uint8Array(back.buffer), dtype)].filter(Number.isNaN).length,
    );
  });

  it.each([
    ['below a tie goes down', 0x3f807fff, 0x3f80],
    ['a tie goes to the even one below', 0x3f808000, 0x3f80],
    ['a tie goes to the even one above', 0x3f818000, 0x3f82],
    ['above a tie goes up', 0x3f808001, 0x3f81],
    ['the largest fp32 becomes infinity', 0x7f7fffff, 0x7f80],
    ['infinity stays', 0xff800000, 0xff80],
    ['a NaN that would round to infinity stays NaN', 0x7f800001, 0x7fc0],
    ['a NaN that would round to zero stays NaN', 0x7fffffff, 0x7fc0],
    ['minus zero stays', 0x80000000, 0x8000],
    ['the smallest subnormal becomes zero', 0x00000001, 0x0000],
  ])('bfloat16: %s', (_name, bits, expected) => {
    expect(bfloat16(fromBits(bits))).toBe(expected);
  });
});

describe('findNonFinite', () => {
  it.each([
    [[1, 2], -1],
    [[1, Number.NaN], 1],
    [[-Infinity, Number.NaN], 0],
  ])('%j → %i', (values, expected) => {
    expect(findNonFinite(new Float32Array(values))).toBe(expected);
  });
});
