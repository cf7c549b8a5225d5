import type { CanaryKind, CanaryPlan, CanaryRequest } from '../engines/canary-requests.ts';
import type { Engine } from '../engines/engine.ts';

/** One canary that was sent, and what came back; status 0 when nothing did. */
export interface CanaryAnswer {
  readonly canary: CanaryRequest;
  readonly status: number;
  readonly text: string;
}

/** All that is known so far of what the runtime can do. */
export interface CanaryEvidence {
  readonly answers: readonly CanaryAnswer[];
  /** Paths that the runtime says it serves. */
  readonly routes: ReadonlySet<string> | 'notAsked' | 'notTold';
}

export type CanaryStep =
  | { readonly type: 'send'; readonly canary: CanaryRequest; readonly again: boolean }
  | { readonly type: 'askForRoutes' }
  | { readonly type: 'passed'; readonly answered: readonly CanaryKind[] }
  | { readonly type: 'failed'; readonly reason: string };

export interface CanaryChoice {
  readonly plan: CanaryPlan;
  readonly engine: Pick<Engine, 'refusals' | 'routeListPath'>;
}

const attempts = 3;
const shownCharacters = 500;

/**
 * What to do next to learn whether the model works. Only a refusal leads past a canary that brought no result: a runtime
 * that offers completions and fails at them has failed, whatever else it could answer.
 */
export function nextStep(choice: CanaryChoice, evidence: CanaryEvidence): CanaryStep {
  const last = evidence.answers.at(-1);
  if (last === undefined) return sendNext(choice, evidence);
  if (isResult(last)) return choice.plan.need === 'first' ? passed([last]) : sendNext(choice, evidence);
  const refused = isRefused(choice, evidence, last);
  const isDoubtful = refused || last.status === 404;
  if (isDoubtful && evidence.routes === 'notAsked' && choice.engine.routeListPath !== undefined) {
    return { type: 'askForRoutes' };
  }
  if (refused) return sendNext(choice, evidence);
  const sent = evidence.answers.filter(({ canary }) => canary === last.canary).length;
  return sent < attempts
    ? { type: 'send', canary: last.canary, again: true }
    : { type: 'failed', reason: describe(last) };
}

/** The first that was not sent yet and that the runtime does not rule out. */
function sendNext({ plan }: CanaryChoice, { answers, routes }: CanaryEvidence): CanaryStep {
  const sent = new Set(answers.map(({ canary }) => canary));
  const canary = plan.requests.find(
    (candidate) => !sent.has(candidate) && (typeof routes === 'string' || routes.has(candidate.path)),
  );
  if (canary !== undefined) return { type: 'send', canary, again: false };
  const results = answers.filter(isResult);
  if (results.length > 0) return passed(results);
  const offered = typeof routes === 'string' ? '' : `; it serves ${[...routes].join(', ')}`;
  return { type: 'failed', reason: `${answers.map(describe).join('; ')}${offered}` };
}

function passed(results: readonly CanaryAnswer[]): CanaryStep {
  return { type: 'passed', answered: [...new Set(results.map(({ canary }) => canary.kind))] };
}

function isRefused({ engine }: CanaryChoice, { routes }: CanaryEvidence, answer: CanaryAnswer): boolean {
  const { canary, status, text } = answer;
  if (status === 404 && typeof routes !== 'string' && !routes.has(canary.path)) return true;
  return engine.refusals.some(({ statuses, pattern }) => statuses.includes(status) && pattern.test(text));
}

function isResult({ canary, status, text }: CanaryAnswer): boolean {
  if (status !== 200) return false;
  try {
    return canary.holdsResult(JSON.parse(text));
  } catch {
    return false;
  }
}

function describe({ canary, status, text }: CanaryAnswer): string {
  const shown = text.slice(0, shownCharacters);
  if (status === 0) return `${canary.path}: ${shown}`;
  return status === 200
    ? `${canary.path}: no result in the answer: ${shown}`
    : `${canary.path}: HTTP ${status}: ${shown}`;
}
