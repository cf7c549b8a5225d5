import { describe, expect, it } from 'vitest';
import { shareStructure } from './share-structure.ts';

describe('shareStructure', () => {
  it('keeps equal parts once', () => {
    const like = { spec: { list: [{ name: 'a', port: 1 }, { name: 'b' }] }, labels: { app: 'x' } };
    const value = { spec: { list: [{ name: 'a', port: 1 }, { name: 'c' }] }, labels: { app: 'x' } };
    const expected = structuredClone(value);
    const shared = shareStructure(like, value);
    expect(shared).toEqual(expected);
    expect(shared.labels).toBe(like.labels);
    expect(shared.spec.list[0]).toBe(like.spec.list[0]);
    expect(shared.spec.list[1]).not.toBe(like.spec.list[1]);
  });

  it('is the first value when both are equal', () => {
    const like = { a: [1, { b: null }], c: '' };
    expect(shareStructure(like, structuredClone(like))).toBe(like);
  });

  it.each([
    [undefined, { a: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: undefined }, { b: undefined }],
    [[1, 2], [1]],
    [[1], { 0: 1 }],
    [{ a: {} }, { a: [] }],
    [{ a: null }, { a: {} }],
    [{ a: 1 }, { a: '1' }],
  ])('changes no value: %j and %j', (like, value) => {
    const before = structuredClone(like);
    expect(shareStructure(like, structuredClone(value))).toStrictEqual(value);
    expect(like).toStrictEqual(before);
  });
});
