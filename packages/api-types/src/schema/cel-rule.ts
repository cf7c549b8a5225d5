/** One entry of `x-kubernetes-validations`: the API server's own wording of a rule. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** Field of the object that is blamed, such as `.preset`. */
  readonly fieldPath?: string;
  readonly reason?:
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate';
}

/** Schema metadata that carries CEL rules into the CRD. */
export function celRules(...rules: readonly CelRule[]): { 'x-kubernetes-validations': readonly CelRule[] } {
  return { 'x-kubernetes-validations': rules };
}

/** Writes a string as a CEL literal. */
export function celString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * True when an optional field is set to something other than the empty string.
 * Go clients send `omitempty` strings as absent, others as '': both mean unset.
 */
export function celIsSet(field: string): string {
  return `(has(self.${field}) && self.${field} != '')`;
}
