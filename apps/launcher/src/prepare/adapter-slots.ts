import type { FlagTable } from '@kaito-ts/preset-catalog/runtimes';
import type { Delivery, Engine } from '../engines/engine.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';

interface SlotRequest {
  readonly engine: Pick<Engine, 'adapterRankFlag'>;
  readonly table: FlagTable;
  /** Rendered, by name. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

/**
 * Adapters that a runtime loads go into slots of one size, each of which reserves the whole of it: the smallest size of
 * this version that holds every adapter is the right one, unless a larger one was asked for.
 */
export function fitSlots(delivery: Delivery, { engine, table, flags }: SlotRequest): Delivery {
  if (delivery.kind !== 'peftModules' || engine.adapterRankFlag === undefined) return delivery;
  const asked = Number(flags.get(engine.adapterRankFlag)?.at(-1)?.replace(/^.*=/u, '') ?? 0);
  const wanted = Math.max(delivery.rank, asked);
  const sizes = (table.flags.get(engine.adapterRankFlag)?.choices ?? []).filter(
    (size) => typeof size === 'number',
  );
  if (sizes.length === 0) return { ...delivery, rank: wanted };
  const rank = sizes.toSorted((left, right) => left - right).find((size) => size >= wanted);
  if (rank === undefined) throw tooLarge(delivery.rank, Math.max(...sizes), table);
  return { ...delivery, rank };
}

function tooLarge(rank: number, largest: number, { engine, version }: FlagTable): LauncherError {
  return new LauncherError(
    failureClasses.adapterInvalid,
    `an adapter, or the sum of the adapters, has rank ${rank}; ${engine} ${version} takes at most ${largest}`,
    { hint: 'the rank of a sum is the sum of the ranks: name fewer adapters, or some of smaller rank' },
  );
}
