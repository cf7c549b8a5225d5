import type { ModelFacts } from '@kaito-ts/preset-catalog';
import { planShape } from './plan-shape.ts';
import type { NodeDevice, RuntimeVersion, SizingSettings } from './request.ts';
import type { SizingPlan } from './sizing.ts';

export interface OfferPrice {
  readonly perHour: number;
  readonly currency: string;
  readonly region: string;
  /** ISO date of the price list. */
  readonly date: string;
}

/** A machine that could be had. */
export interface Offer {
  readonly name: string;
  readonly device: NodeDevice;
  readonly price?: OfferPrice;
  /** Why there is no price, where there should be one. */
  readonly noPrice?: string;
  /** Why it cannot be used at all. */
  readonly unusable?: string;
}

export interface RankRequest<Own extends Offer = Offer> {
  readonly model: ModelFacts;
  readonly offers: readonly Own[];
  readonly runtime: RuntimeVersion;
  readonly settings: SizingSettings;
  readonly mostNodes: number;
  /** Highest price per hour for all nodes together. */
  readonly highestPrice?: number;
}

export interface RankedOffer<Own extends Offer = Offer> {
  readonly offer: Own;
  readonly plan: SizingPlan;
  /** For all nodes together; absent = no price is known. */
  readonly pricePerHour?: number;
  /** Why it is not the first; undefined for the first. */
  readonly lostBecause?: string;
}

const order = { fits: 0, unknown: 1, doesNotFit: 2 } as const;

/** Plans every offer and puts first what fits, then by price, fewer nodes, more room. */
export function rankOffers<Own extends Offer>(request: RankRequest<Own>): readonly RankedOffer<Own>[] {
  const plans = new Map<string, SizingPlan>();
  const ranked = request.offers.map((offer) => {
    const key = JSON.stringify([offer.device, offer.unusable]);
    const plan = plans.get(key) ?? planOf(request, offer);
    plans.set(key, plan);
    return withPrice(request, offer, plan);
  });
  const sorted = ranked.toSorted(
    (left, right) =>
      Number(left.offer.unusable !== undefined) - Number(right.offer.unusable !== undefined) ||
      order[left.plan.verdict] - order[right.plan.verdict] ||
      (left.pricePerHour ?? Number.POSITIVE_INFINITY) - (right.pricePerHour ?? Number.POSITIVE_INFINITY) ||
      left.plan.nodeCount - right.plan.nodeCount ||
      (right.plan.kvTokens ?? 0) - (left.plan.kvTokens ?? 0),
  );
  const [first] = sorted;
  return sorted.map((own) => (own === first || first === undefined ? own : loser(own, first)));
}

function loser<Own extends Offer>(own: RankedOffer<Own>, first: RankedOffer): RankedOffer<Own> {
  return { ...own, lostBecause: lossOf(own, first) };
}

function planOf(
  { model, runtime, settings, mostNodes }: RankRequest,
  { device, unusable }: Offer,
): SizingPlan {
  if (unusable !== undefined)
    return { ...planShape({ model, runtime, settings, nodes: [] }), reasons: [unusable] };
  return planShape({ model, runtime, settings, nodes: Array.from({ length: mostNodes }, () => device) });
}

function withPrice<Own extends Offer>(
  { highestPrice }: RankRequest,
  offer: Own,
  plan: SizingPlan,
): RankedOffer<Own> {
  if (offer.price === undefined) return { offer, plan };
  const pricePerHour = offer.price.perHour * Math.max(1, plan.nodeCount);
  if (highestPrice === undefined || pricePerHour <= highestPrice || plan.verdict === 'doesNotFit')
    return { offer, plan, pricePerHour };
  const reason = `costs ${pricePerHour.toFixed(2)} an hour, at most ${highestPrice} is wanted`;
  return {
    offer,
    pricePerHour,
    plan: { ...plan, verdict: 'doesNotFit', reasons: [reason, ...plan.reasons] },
  };
}

function lossOf(own: RankedOffer, first: RankedOffer): string {
  const { plan, pricePerHour } = own;
  if (plan.verdict !== 'fits') return plan.reasons[0] ?? plan.verdict;
  if (pricePerHour === undefined) return own.offer.noPrice ?? 'no price is known';
  if (first.pricePerHour !== undefined && pricePerHour > first.pricePerHour)
    return `costs ${(pricePerHour / first.pricePerHour).toFixed(1)} times as much`;
  if (plan.nodeCount > first.plan.nodeCount) return `takes ${plan.nodeCount} nodes`;
  return 'leaves less room for context';
}
