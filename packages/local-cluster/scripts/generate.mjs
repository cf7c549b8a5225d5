// Writes src/generated from the Kubernetes sources in Go's module cache. usage: node scripts/generate.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { messagesText } from './messages.mjs';
import { readDefinitions, schemasText } from './schemas.mjs';

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
