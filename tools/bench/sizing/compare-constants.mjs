/** What constants.mjs starts. */
import { measured } from '../../../packages/gpu-sizing/src/engine/measured.ts';
import { readStarts } from './starts.mjs';
import { expected, takeConstants } from './take-constants.mjs';

const [pointsFile, factsFile] = process.argv.slice(2);
const taken = takeConstants(readStarts(pointsFile, factsFile));
const rounding = 0.003;
const differing = [];

console.log('constant                        value       low      high   families   in use');
for (const [name, range] of Object.entries(expected)) {
  const [unit, mark] = unitOf(name);
  const [own, used] = [taken[name], measured[name]];
  const shown = [own.value, own.low, own.high].map((part) => (part / unit).toFixed(3).padStart(10));
  const inUse = [used.value, used.low, used.high].map((part) => (part / unit).toFixed(3)).join(', ');
  console.log(`${name.padEnd(27)}${shown.join('')}   ${String(own.families).padStart(8)}   ${inUse} ${mark}`);
  const room = rounding * (range.high - range.low);
  if (['value', 'low', 'high'].some((side) => Math.abs(own[side] - used[side]) > room)) differing.push(name);
}
for (const list of ['kinds', 'versions']) {
  console.log(`${list}: ${[...taken[list]].toSorted((a, b) => a.localeCompare(b)).join('; ')}`);
  if (taken[list].symmetricDifference(measured[list]).size > 0) differing.push(list);
}
if (differing.length > 0) {
  console.error(`not as in use: ${differing.join(', ')}`);
  process.exitCode = 1;
}

function unitOf(name) {
  if (name.startsWith('held')) return [1, ''];
  if (name.endsWith('PerToken')) return [1024, 'KiB'];
  return name.includes('Graph') && !name.startsWith('broken') ? [1024 ** 2, 'MiB'] : [1024 ** 3, 'GiB'];
}
