import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const conditions = ['@kaito-ts/source'];

/** `*.real.test.ts` needs a real cluster or runtime and runs only in the slow tier (`npm run test:e2e`). */
const slowTier = process.env['KAITO_TEST_TIER'] === 'real';
const include = slowTier ? ['src/**/*.real.test.ts'] : ['src/**/*.test.ts'];
const exclude = slowTier ? [] : ['src/**/*.real.test.ts'];

function packageName(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { name: string }).name;
}

export default defineConfig({
  test: {
    // Bounds against hanging for ever, not measures: two busy cores take long for everything.
    testTimeout: 180_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    projects: globSync('{packages,apps,tools}/*/tsconfig.json').map((file) => ({
      extends: true as const,
      root: file.replace(/\/tsconfig\.json$/, ''),
      test: { name: packageName(file.replace('tsconfig.json', 'package.json')), include, exclude },
    })),
  },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
});
