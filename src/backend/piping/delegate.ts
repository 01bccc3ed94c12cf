/** An object that has all that another has, and some things of its own. */

/**
 * Each method is called on `target`, which may have private fields, and each field is read from it. What `own` has takes
 * the place of what `target` has under that name.
 */
export function delegate<T extends object, Own extends object>(target: T, own: Own): Omit<T, keyof Own> & Own {
  const made = {};
  for (const key of keysOf(target)) {
    const value: unknown = Reflect.get(target, key);
    Object.defineProperty(made, key, {
      configurable: true,
      enumerable: true,
      ...(typeof value === "function" ? { value: value.bind(target) } : { get: () => Reflect.get(target, key) }),
    });
  }
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(own)) as Omit<T, keyof Own> & Own;
}

/** Of the object and of its classes. */
function keysOf(target: object): Set<string | symbol> {
  const keys = new Set<string | symbol>();
  for (let level = target; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const key of Reflect.ownKeys(level)) keys.add(key);
  }
  keys.delete("constructor");
  return keys;
}
