import { describe, expect, it } from 'vitest';
import { parseFieldPath } from '../issues/field-path.ts';
import { parseYamlDocuments } from './located-document.ts';
import { YamlSyntaxError } from './yaml-syntax-error.ts';

const manifest = `# comment
apiVersion: v1
metadata:
  name: "a b"
  labels: {x: 1, "y.z/w": two}
items:
- one
- name: second
  text: |
    several
    lines
-
  - nested
base: &base
  shared: yes
copy: *base
merged:
  <<: *base
  own: 3
`;

const at = (path: string): [number, number] | undefined => {
  const [document] = parseYamlDocuments(manifest);
  const position = document?.positionOf(parseFieldPath(path));
  return position && [position.line, position.column];
};

describe('positions', () => {
  it.each([
    ['', 2, 1],
    ['apiVersion', 2, 1],
    ['metadata.name', 4, 3],
    ['metadata.labels.x', 5, 12],
    ['metadata.labels["y.z/w"]', 5, 18],
    ['items[0]', 7, 3],
    ['items[1].name', 8, 3],
    ['items[1].text', 9, 3],
    ['items[2][0]', 13, 5],
    ['copy', 16, 1],
    ['copy.shared', 15, 3],
    ['merged.own', 19, 3],
  ])('%s is at %i:%i', (path, line, column) => {
    expect(at(path)).toEqual([line, column]);
  });

  it.each([
    ['metadata.absent.deeper', [3, 1]],
    ['items[7]', [6, 1]],
    ['merged.shared', [17, 1]],
  ])('%s is not written down, so its nearest ancestor is named', (path, position) => {
    expect(at(path)).toEqual(position);
  });

  it('count from the start of the file in every document', () => {
    const documents = parseYamlDocuments('a: 1\n---\n---\n\nb: 2\n...\n---\nc: 3\n');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
    expect(documents[1]?.positionOf(['b'])).toEqual({ line: 5, column: 1 });
    expect(documents[2]?.positionOf(['c'])).toEqual({ line: 8, column: 1 });
  });

  it('are right in files from Windows', () => {
    const [document] = parseYamlDocuments('\uFEFFa:\r\n  b: 1\r\n');
    expect(document?.value).toEqual({ a: { b: 1 } });
    expect(document?.positionOf(['a', 'b'])).toEqual({ line: 2, column: 3 });
  });
});

it.each(['', '\n', '# only a comment\n', '---\n---\n', 'null'])('%j holds no document', (text) => {
  expect(parseYamlDocuments(text)).toEqual([]);
});

describe('text that is no YAML', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index) => {
    if (index === 0) return name;
    const before = String.fromCodePoint((name.codePointAt(0) ?? 0) - 1);
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
  });

  it.each([
    { name: 'a tab', text: 'a:\n\tb: 1', line: 2, column: 1 },
    { name: 'a duplicate key', text: 'a: 1\nb: 2\na: 3', line: 3, column: 1 },
    { name: 'an open bracket', text: 'a: [1, 2\nb: 3', line: 2, column: 1 },
    { name: 'bad indentation', text: 'a:\n  b: 1\n c: 2', line: 3, column: 2 },
    { name: 'an unknown alias', text: 'a: *nothing', line: 1, column: 5 },
    { name: 'a value that contains itself', text: 'a: &a\n  b: *a', line: 1, column: 1 },
    { name: 'aliases that multiply', text: bomb.join('\n'), line: 1, column: 1 },
  ])('$name is refused with its place', ({ text, line, column }) => {
    expect(errorOf(text)).toMatchObject({ code: 'YAML_SYNTAX', line, column, filename: 'f.yaml' });
    expect(errorOf(text).message).toContain(`f.yaml:${line}:${column}: `);
  });
});

function errorOf(text: string): YamlSyntaxError {
  try {
    parseYamlDocuments(text, { filename: 'f.yaml' });
  } catch (error) {
    if (error instanceof YamlSyntaxError) return error;
    throw error;
  }
  throw new Error('no error');
}
