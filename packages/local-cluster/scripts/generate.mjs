// Writes src/generated from the Kubernetes sources, by Go's module cache. usage: node scripts/generate.mjs [--check]
// Exit status 1: stale; 3: the sources cannot be had.
import { readFileSync, writeFileSync } from 'node:fs';
import { messagesText } from './messages.mjs';
import { readDefinitions, schemasText } from './schemas.mjs';
import { missingSource } from './sources.mjs';

const missing = missingSource();
if (missing) {
  process.stderr.write(`no ${missing}\n`);
  process.exit(3);
}

const definitions = readDefinitions();
const files = { 'schemas.ts': schemasText(definitions), 'messages.ts': messagesText(definitions) };
const isCheck = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  const path = new URL(`../src/generated/${name}`, import.meta.url);
  if (!isCheck) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`src/generated/${name} is stale: run node scripts/generate.mjs\n`);
    process.exitCode = 1;
  }
}
