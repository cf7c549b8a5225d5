import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { imageEnvironment } from './operator-process.ts';

const repository = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, repository), 'utf8');

it('measures the operator as its image runs it', () => {
  const image = read('tools/images/containerfiles/operator.Containerfile');
  for (const [name, value] of Object.entries(imageEnvironment)) expect(image).toContain(` ${name}=${value}`);
  const flags = [...read('apps/operator/bin/kaito-operator.mjs').matchAll(/setFlagsFromString\('(.*?)'\)/g)];
  expect(flags.length).toBeGreaterThan(0);
  for (const [, flag] of flags) expect(image).toContain(`"${flag}"`);
});
