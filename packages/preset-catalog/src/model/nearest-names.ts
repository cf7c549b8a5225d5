const maxSuggestions = 3;

/** Names that a typing mistake or a short form could have meant, the likeliest first; none when all are far away. */
export function nearestNames(wanted: string, known: readonly string[]): readonly string[] {
  const target = wanted.toLowerCase();
  const limit = Math.max(2, Math.floor(target.length / 3));
  const near = closeTo(target, limit, known);
  return near.length > 0 ? near : known.filter((name) => beginsWith(name, target)).slice(0, maxSuggestions);
}

/** A name that was cut short, with or without its organisation. */
function beginsWith(name: string, target: string): boolean {
  const lower = name.toLowerCase();
  return target.length > 2 && (lower.startsWith(target) || lower.includes(`/${target}`));
}

function closeTo(target: string, limit: number, known: readonly string[]): readonly string[] {
  return known
    .map((name) => ({ name, distance: editDistance(target, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, maxSuggestions)
    .map(({ name }) => name);
}

/** Letters to insert, remove or replace (Levenshtein). */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
