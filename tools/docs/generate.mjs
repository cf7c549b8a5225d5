// Writes docs/reasons.md from the reasons in packages/api-types; --check fails when the committed file is stale.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const condition = '--conditions=@kaito-ts/source';
if (!process.execArgv.includes(condition)) {
  const again = [condition, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, again, { stdio: 'inherit' }).status ?? 1);
}

const { conditionReasons, explainReason } = await import('@kaito-ts/api-types');
const target = new URL('../../docs/reasons.md', import.meta.url);
const rows = Object.values(conditionReasons).map((reason) => `| \`${reason}\` | ${explainReason(reason)} |`);
const text = `# Reasons

What stands in \`reason\` of a Workspace's conditions. The message beside it names the object, the cause and the next step.
This page is written by \`node tools/docs/generate.mjs\`.

| reason | meaning |
|---|---|
${rows.join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/reasons.md is stale; run: node tools/docs/generate.mjs');
  process.exit(1);
}
