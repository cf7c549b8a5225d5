import { isFields, type Fields } from '../json.ts';

/** A set of field paths, kept as the tree that FieldsV1 writes down. */
export class FieldSet {
  member = false;
  readonly children: Map<string, FieldSet> = new Map();

  static fromFieldsV1(json: Fields): FieldSet {
    const set = new FieldSet();
    for (const [key, inner] of Object.entries(json)) {
      if (key === '.') set.member = true;
      else if (isFields(inner)) {
        const child = FieldSet.fromFieldsV1(inner);
        if (Object.keys(inner).length === 0) child.member = true;
        set.children.set(key, child);
      }
    }
    return set;
  }

  toFieldsV1(): Fields {
    const json: Fields = {};
    if (this.member && this.children.size > 0) json['.'] = {};
    for (const [key, child] of [...this.children].sort(([a], [b]) => (a < b ? -1 : 1)))
      json[key] = child.toFieldsV1();
    return json;
  }

  get isEmpty(): boolean {
    return !this.member && this.children.size === 0;
  }

  child(key: string): FieldSet {
    let child = this.children.get(key);
    if (!child) this.children.set(key, (child = new FieldSet()));
    return child;
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member || other.member;
    for (const [key, child] of this.children)
      result.children.set(key, child.union(other.children.get(key) ?? empty));
    for (const [key, child] of other.children)
      if (!this.children.has(key)) result.children.set(key, child.union(empty));
    return result;
  }

  difference(other: FieldSet): FieldSet {
    return this.#filter(other, (mine, theirs) => mine && !theirs);
  }

  intersection(other: FieldSet): FieldSet {
    return this.#filter(other, (mine, theirs) => mine && theirs);
  }

  #filter(other: FieldSet, keep: (mine: boolean, theirs: boolean) => boolean): FieldSet {
    const result = new FieldSet();
    result.member = keep(this.member, other.member);
    for (const [key, child] of this.children) {
      const kept = child.#filter(other.children.get(key) ?? empty, keep);
      if (!kept.isEmpty) result.children.set(key, kept);
    }
    return result;
  }

  /** Paths as the conflict message shows them: `.spec.items[name="a"].strength`. */
  paths(prefix = ''): string[] {
    const own = this.member ? [prefix || '.'] : [];
    return [...own, ...[...this.children].flatMap(([key, child]) => child.paths(prefix + shown(key)))];
  }
}

const empty = new FieldSet();

function shown(key: string): string {
  const text = key.slice(2);
  if (key.startsWith('f:')) return `.${text}`;
  if (!key.startsWith('k:')) return `[${key.startsWith('v:') ? '=' : ''}${text}]`;
  const entries = Object.entries(JSON.parse(text) as Fields);
  return `[${entries.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}
