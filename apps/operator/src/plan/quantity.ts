import { parseQuantity } from '@kaito-ts/kube-runtime';

const billion = 1e9;

/** A Kubernetes quantity (`4`, `500m`, `64Gi`) as a number; undefined when it is none. */
export function quantityValue(text: string | number | undefined): number | undefined {
  const billionths = parseQuantity(text);
  return billionths === undefined ? undefined : Number(billionths) / billion;
}
