interface MetadataReflect {
  getMetadata?: (key: unknown, target: object) => unknown;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  hasOwnMetadata?: (key: unknown, target: object) => boolean;
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
  metadata?: () => () => void;
}

/** The x509 library finds its parts through decorators' metadata and wants a polyfill: this is all that it uses of one. */
export function provideReflectMetadata(): void {
  const reflect = Reflect as MetadataReflect;
  const stored = new WeakMap<object, Map<unknown, unknown>>();
  reflect.getOwnMetadata ??= (key, target) => stored.get(target)?.get(key);
  reflect.getMetadata ??= (key, target) => stored.get(target)?.get(key);
  reflect.hasOwnMetadata ??= (key, target) => stored.get(target)?.has(key) === true;
  reflect.defineMetadata ??= (key, value, target) => {
    stored.set(target, (stored.get(target) ?? new Map<unknown, unknown>()).set(key, value));
  };
  reflect.metadata ??= () => () => undefined;
}
