import { errorsOf } from './errors.mjs';
import { answerOf, readStarts } from './starts.mjs';
import { printLeaveOut } from './tables.mjs';
import { takeConstants } from './take-constants.mjs';

/**
 * How the account does on start-ups whose like it was not fitted to: the constants that were taken from measured starts
 * are taken again without one family, GPU or version, or without any start, and judged on what was left out.
 * `accuracy.mjs --leave-out family|gpu|version|all` starts this with the conditions that let it read the sources.
 */
const [grouping, pointsFile, factsFile] = process.argv.slice(2);

const groupOf = {
  family: ({ model }) => model.family,
  gpu: ({ point }) => chipOf(point.gpu),
  version: ({ point }) => /^\d+\.\d+/.exec(point.vllm_version)?.[0],
  all: () => 'every start',
}[grouping];

const starts = readStarts(pointsFile, factsFile);
const shipped = judge(starts, undefined);
const groups = [...Map.groupBy(starts, groupOf)].filter(
  ([name, members]) => name !== undefined && judge(members, undefined).some(isJudged),
);
const leftOut = groups.map(([name, members]) => {
  const own = new Set(members);
  const constants = takeConstants(starts.filter((start) => !own.has(start)));
  return { name, judged: judge(members, constants), shipped: judge(members, undefined) };
});
printLeaveOut({ grouping, shipped, leftOut, refitted: judge(starts, takeConstants(starts)) });

function judge(members, constants) {
  return members.map((start) => ({ id: start.id, ...errorsOf(start.point, answerOf(start, constants)) }));
}

function isJudged({ weights, kvGib }) {
  return weights !== undefined || kvGib !== undefined;
}

function chipOf(name) {
  return /\b(H100|H200|B200|A100|A10G?|L40S|L4|A6000|3090|4090|5090|Thor)\b/.exec(name)?.[0] ?? name;
}
