import { isRecord } from './decode.ts';
import * as rules from './field-rules.ts';
import type { KubeObject } from './object.ts';
import { parseQuantity } from './quantity.ts';

/** Where the live object is not as we want it. */
export interface Difference {
  /** Such as `spec.template.spec.containers[main].image`. */
  readonly path: string;
  readonly live: unknown;
  readonly desired: unknown;
}

/** Whether the live object differs in a field that `desired` sets. Fields that it does not set are other people's. */
export function fieldsDiffer(live: KubeObject, desired: KubeObject): boolean {
  return firstDifference(live, desired) !== undefined;
}

/** The first such field, to be shown to people. Status, and metadata that the API server fills, are not looked at. */
export function firstDifference(live: KubeObject, desired: KubeObject): Difference | undefined {
  for (const [name, value] of Object.entries(desired)) {
    if (name === 'apiVersion' || name === 'kind' || name === 'status') continue;
    const found =
      name === 'metadata'
        ? differenceInMetadata(live.metadata, desired.metadata)
        : name === 'stringData'
          ? compareMap({ path: name, name, text: true }, decodedData(live), value)
          : compare({ path: name, name }, field(live, name), value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Like `firstDifference`, for a part of an object, such as its status. */
export function firstDifferenceIn(live: unknown, desired: unknown, path: string): Difference | undefined {
  return compare({ path, name: path }, live, desired);
}

interface Place {
  readonly path: string;
  /** The nearest field name; elements of a list have their list's. */
  readonly name: string;
  readonly parent?: string;
  /** Within a map of the user's text. */
  readonly text?: boolean;
  /** Within a field that replaces the live one whole. */
  readonly exact?: boolean;
}

function compare(place: Place, live: unknown, desired: unknown): Difference | undefined {
  if (desired === undefined || desired === null) return undefined;
  const inside = rules.exact.has(place.name) ? { ...place, exact: true } : place;
  if (Array.isArray(desired)) return compareList(inside, live ?? [], desired);
  if (isRecord(desired)) return compareMap(inside, live, desired);
  return sameValue(place, live, desired) ? undefined : { path: place.path, live, desired };
}

function compareMap(place: Place, live: unknown, desired: unknown): Difference | undefined {
  const here = { path: place.path, live, desired };
  if (!isRecord(desired)) return here;
  const wanted = Object.entries(desired).filter(([, value]) => value !== undefined && value !== null);
  if (live === undefined || live === null) {
    if (wanted.length === 0) return rules.presence.has(place.name) ? here : undefined;
  } else if (!isRecord(live)) {
    return here;
  }
  const from = isRecord(live) ? live : {};
  if (place.exact === true && Object.keys(from).length > wanted.length) return here;
  for (const [name, value] of wanted) {
    const found = compare(childPlace(place, name), from[name], value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childPlace(place: Place, name: string): Place {
  const text = place.text === true || rules.textMaps.has(place.name);
  return {
    path: `${place.path}.${name}`,
    name,
    parent: place.name,
    text,
    ...(place.exact === true ? { exact: true } : {}),
  };
}

function compareList(place: Place, live: unknown, desired: readonly unknown[]): Difference | undefined {
  const here = { path: place.path, live, desired };
  if (!Array.isArray(live)) return here;
  if (rules.sets.has(place.name)) return desired.every((item) => live.includes(item)) ? undefined : here;
  const keys = place.text === true ? undefined : keysFor(place.name, desired);
  if (keys !== undefined) return compareByKeys(place, live, { desired, keys });
  if (live.length !== desired.length) return here;
  return firstOf(desired, (item, index) =>
    compare({ ...place, path: `${place.path}[${index}]` }, live[index], item),
  );
}

/** Elements are found by their keys; others may stand between ours, but ours must keep their order. */
function compareByKeys(
  place: Place,
  live: readonly unknown[],
  { desired, keys }: { readonly desired: readonly unknown[]; readonly keys: readonly string[] },
): Difference | undefined {
  let after = -1;
  return firstOf(desired, (item) => {
    const at = live.findIndex((candidate) =>
      keys.every((key) => keyValue(candidate, key) === keyValue(item, key)),
    );
    const path = `${place.path}[${keys.map((key) => String(keyValue(item, key))).join('/')}]`;
    if (at <= after) return { path, live: live[at], desired: item };
    after = at;
    return compare({ ...place, path }, live[at], item);
  });
}

/** The keys of this list, if all its elements have the first of them. */
function keysFor(name: string, items: readonly unknown[]): readonly string[] | undefined {
  return rules.listMapKeys[name]?.find(([first = '']) =>
    items.every((item) => isRecord(item) && item[first] !== undefined),
  );
}

function keyValue(item: unknown, key: string): unknown {
  return (isRecord(item) ? item[key] : undefined) ?? rules.keyDefaults[key];
}

function sameValue({ name, parent = '', text }: Place, live: unknown, desired: unknown): boolean {
  if (live === desired) return true;
  if (text === true) return false;
  if (live === undefined && !desired && rules.droppedWhenZero.has(name)) return true;
  if (!rules.quantityMaps.has(parent) && !rules.quantityFields.has(name)) return false;
  const wanted = parseQuantity(desired);
  return wanted !== undefined && parseQuantity(live) === wanted;
}

function differenceInMetadata(
  live: KubeObject['metadata'],
  desired: KubeObject['metadata'],
): Difference | undefined {
  return firstOf(rules.wantedMetadata, (name) =>
    compare({ path: `metadata.${name}`, name }, field(live, name), field(desired, name)),
  );
}

/** `stringData` exists in writes only: the live object has it encoded in `data`. */
function decodedData(live: KubeObject): Record<string, string> {
  const data = field(live, 'data');
  const entries = Object.entries(isRecord(data) ? data : {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Buffer.from(String(value), 'base64').toString('utf8')]),
  );
}

function field(object: object, name: string): unknown {
  return (object as Readonly<Record<string, unknown>>)[name];
}

function firstOf<Item>(
  items: readonly Item[],
  find: (item: Item, index: number) => Difference | undefined,
): Difference | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
