import { readFileSync, readdirSync } from 'node:fs';
import { dump } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { buildInference } from '../inference.ts';
import { goldenCases } from './cases.test.data.ts';

const directory = new URL('.', import.meta.url);

describe('golden files', () => {
  test.each(Object.entries(goldenCases))('%s', async (name, input) => {
    const text = buildInference(input)
      .map((object) => dump(object, { lineWidth: 120, noRefs: true }))
      .join('---\n');
    await expect(text).toMatchFileSnapshot(`${name}.golden.yaml`);
  });

  test('every golden file belongs to a case', () => {
    const files = readdirSync(directory).filter((file) => file.endsWith('.golden.yaml'));
    expect(files.sort()).toEqual(
      Object.keys(goldenCases)
        .map((name) => `${name}.golden.yaml`)
        .sort(),
    );
    for (const file of files)
      expect(readFileSync(new URL(file, directory), 'utf8')).not.toContain('undefined');
  });
});
