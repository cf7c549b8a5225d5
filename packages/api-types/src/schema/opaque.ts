import * as z from 'zod';

/** An object of core Kubernetes whose schema the API server does not check inside ours. */
export function opaque(description: string) {
  return z.looseObject({}).meta({ description, 'x-kubernetes-preserve-unknown-fields': true });
}
