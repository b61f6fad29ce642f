/** A function of many that is computed once for each key, those that are missing together. */
export type Memo<Item extends { readonly key: string }, Value> = (items: readonly Item[]) => Promise<Value[]>;

/** Repeated lookups come soon after the first, so a bounded memory serves them in runs of any length. */
const MOST = 4_000;

/** @param make one value an item; where it fails, the next call tries again */
export const createMemo = <Item extends { readonly key: string }, Value>(
  make: (items: readonly Item[]) => Promise<readonly Value[]>,
  most = MOST,
): Memo<Item, Value> => {
  const known = new Map<string, Promise<Value>>();
  return async (items) => {
    if (known.size + items.length > most) known.clear();
    const missing = new Map<string, Item>();
    for (const item of items) if (!known.has(item.key)) missing.set(item.key, item);
    if (missing.size > 0) {
      const made = make([...missing.values()]);
      [...missing.keys()].forEach((key, i) => {
        const value = made.then((values) => {
          const found = values[i];
          if (found === undefined) throw new RangeError(`no value was made of "${key}"`);
          return found;
        });
        known.set(key, value);
        value.catch(() => known.delete(key));
      });
    }
    return Promise.all(items.map(({ key }) => known.get(key) ?? Promise.reject(new RangeError(key))));
  };
};

/** A value that is computed on first use, and again if that failed. */
export const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined;
  return () => {
    if (made === undefined) {
      made = make();
      made.catch(() => (made = undefined));
    }
    return made;
  };
};
