#!/usr/bin/env node
/**
 * Takes the constants of `packages/gpu-sizing/src/engine/measured.ts` from measured start-ups and prints them beside
 * those in use; fails where they differ.
 *
 *   node tools/bench/sizing/constants.mjs [POINTS [FACTS]]
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runSource } from './run-source.mjs';

const facts = fileURLToPath(new URL('../../../../shared/facts/data/', import.meta.url));
const { 2: points = `${facts}vllm-ground-truth.dev.json`, 3: models = `${facts}model-facts.dev.json` } =
  process.argv;
for (const file of [points, models]) {
  if (!existsSync(file)) {
    console.error(`${file} is absent: give the files of points and facts`);
    process.exit(2);
  }
}
process.exit(runSource('compare-constants.mjs', [points, models]));
