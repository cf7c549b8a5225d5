/** The first of the times at which to look again, of those that are set. */
export function soonest(...milliseconds: readonly (number | undefined)[]): number | undefined {
  const known = milliseconds.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
