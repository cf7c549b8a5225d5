import { describe, expect, it } from 'vitest';
import { type FieldPath, formatFieldPath, joinFieldPath, parseFieldPath } from './field-path.ts';
import { nearest } from './nearest.ts';

describe('field paths', () => {
  it.each<[FieldPath, string]>([
    [[], ''],
    [['a', 'b-c', 0, 'd'], 'a.b-c[0].d'],
    [[0, 1], '[0][1]'],
    [['metadata', 'annotations', 'kaito.sh/runtime'], 'metadata.annotations["kaito.sh/runtime"]'],
    [['', 'a"b', '\n', '0'], '[""]["a\\"b"]["\\n"]["0"]'],
  ])('%j is written %s and read back', (path, text) => {
    expect(formatFieldPath(path)).toBe(text);
    expect(parseFieldPath(text)).toEqual(path);
  });

  it.each([
    ['a', 'b', 'a.b'],
    ['a', '[0]', 'a[0]'],
    ['', 'b', 'b'],
    ['a', '', 'a'],
  ])('%s and %s join to %s', (base, rest, joined) => {
    expect(joinFieldPath(base, rest)).toBe(joined);
  });
});

describe('nearest', () => {
  const known = ['image', 'imagePullSecrets', 'instanceType', 'name', 'volumeSource'];

  it.each([
    ['imgae', 'image'],
    ['Image', 'image'],
    ['instanceTyp', 'instanceType'],
    ['instance-type', 'instanceType'],
    ['nam', 'name'],
    ['volume', 'volumeSource'],
    ['strength', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%j means %s', (name, meant) => {
    expect(nearest(name, known)).toBe(meant);
  });
});
