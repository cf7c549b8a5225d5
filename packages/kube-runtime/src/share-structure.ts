/**
 * The second value with every part that equals the first one's replaced by the first one's, so that both hold it once.
 * Objects that a controller made differ in little but their names: of a thousand Deployments this keeps one, and of each
 * what is its own. Both values must be JSON; the second is changed and must not be used otherwise.
 */
export function shareStructure<T>(like: unknown, value: T): T {
  return share(like, value) as T;
}

function share(like: unknown, value: unknown): unknown {
  // Equal strings are two copies; the one that stays is the first.
  if (like === value) return like;
  if (typeof like !== 'object' || typeof value !== 'object' || like === null || value === null) return value;
  if (Array.isArray(like) !== Array.isArray(value)) return value;
  return shareChildren(like as Children, value as Children);
}

type Children = Record<string, unknown>;

function shareChildren(like: Children, value: Children): Children {
  const names = Object.keys(value);
  let same = names.length === Object.keys(like).length;
  for (const name of names) {
    const child = value[name];
    const shared = share(like[name], child);
    if (shared !== child) value[name] = shared;
    same &&= shared === like[name] && (shared !== undefined || name in like);
  }
  return same ? like : value;
}
