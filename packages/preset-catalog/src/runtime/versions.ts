/** Orders dotted version numbers; what follows the numbers (`rc1`, a build name) does not count. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The version itself, else the nearest lower one, else the lowest. */
export function nearestVersion(known: readonly string[], wanted: string): string | undefined {
  const ascending = known.toSorted(compareVersions);
  return ascending.findLast((version) => compareVersions(version, wanted) <= 0) ?? ascending[0];
}

/** The same few versions are compared again and again in a sweep of machines. */
const parsed = new Map<string, readonly number[]>();

function numbersOf(version: string): readonly number[] {
  const numbers = parsed.get(version) ?? readNumbers(version);
  parsed.set(version, numbers);
  return numbers;
}

function readNumbers(version: string): readonly number[] {
  const digits = /^[a-z]*(\d+(?:\.\d+)*)/i.exec(version)?.[1] ?? '';
  return digits === '' ? [] : digits.split('.').map(Number);
}
