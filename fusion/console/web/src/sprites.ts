// Symbols drawn once a kind and then copied: a cache that holds so many, the least used going first.

/** A cache of what is costly to make. The order of a Map is the order of use. */
export class Cache<Made> {
  private readonly kept = new Map<string, Made>();
  made = 0;

  constructor(
    private readonly make: (key: string) => Made,
    private readonly most: number,
  ) {}

  get(key: string): Made {
    let found = this.kept.get(key);
    if (found === undefined) {
      found = this.make(key);
      this.made += 1;
      if (this.kept.size >= this.most) this.kept.delete(this.kept.keys().next().value as string);
    } else {
      this.kept.delete(key);
    }
    this.kept.set(key, found);
    return found;
  }

  get size(): number {
    return this.kept.size;
  }

  clear(): void {
    this.kept.clear();
  }
}
