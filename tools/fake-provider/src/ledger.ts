/** A machine that was bought for a claim. */
export interface Purchase {
  /** Of the claim. */
  readonly uid: string;
  readonly claim: string;
  readonly node: string;
  readonly instanceType: string;
  /** `namespace/name` of the Workspace that the claim's labels name. */
  readonly workspace: string | undefined;
  readonly boughtAt: string;
  readonly releasedAt?: string;
  /** Pods that were still on the node when its claim was deleted: whoever deletes claims should wait for them. */
  readonly evicted: readonly string[];
}

/** Every machine ever bought: at most one for each claim, whatever happens in between. */
export class Ledger {
  readonly #purchases = new Map<string, Purchase>();

  get purchases(): readonly Purchase[] {
    return [...this.#purchases.values()];
  }

  has(uid: string): boolean {
    return this.#purchases.has(uid);
  }

  buy(purchase: Omit<Purchase, 'boughtAt' | 'evicted'>): void {
    if (this.has(purchase.uid)) return;
    this.#purchases.set(purchase.uid, { ...purchase, boughtAt: new Date().toISOString(), evicted: [] });
  }

  evict(uid: string, pods: readonly string[]): void {
    const purchase = this.#purchases.get(uid);
    if (purchase === undefined) return;
    const evicted = [...new Set([...purchase.evicted, ...pods])];
    this.#purchases.set(uid, { ...purchase, evicted });
  }

  release(uid: string): void {
    const purchase = this.#purchases.get(uid);
    if (purchase === undefined || purchase.releasedAt !== undefined) return;
    this.#purchases.set(uid, { ...purchase, releasedAt: new Date().toISOString() });
  }
}
