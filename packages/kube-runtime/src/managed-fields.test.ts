import { describe, expect, it } from 'vitest';
import { keepManagedFields, madeByUpdate } from './managed-fields.ts';
import type { KubeObject } from './object.ts';

function managed(...entries: readonly Record<string, unknown>[]): KubeObject {
  return { metadata: { name: 'x', managedFields: entries } };
}

describe('keepManagedFields', () => {
  it('keeps of one manager how it wrote, without the fields', () => {
    const fieldsV1 = { 'f:spec': {} };
    const object = managed(
      { manager: 'me', operation: 'Update', fieldsV1 },
      { manager: 'me', operation: 'Update', subresource: 'status', fieldsV1 },
      { manager: 'other', operation: 'Apply', fieldsV1 },
    );
    expect(keepManagedFields(object, { of: 'me', operationsOnly: true }).metadata.managedFields).toEqual([
      { manager: 'me', operation: 'Update' },
      { manager: 'me', operation: 'Update', subresource: 'status' },
    ]);
  });
});

describe('madeByUpdate', () => {
  it.each([
    [true, { manager: 'me', operation: 'Update' }],
    [false, { manager: 'me', operation: 'Apply' }],
    [false, { manager: 'other', operation: 'Update' }],
    [false, { manager: 'me', operation: 'Update', subresource: 'status' }],
  ])('%s for %j', (expected, entry) => {
    expect(madeByUpdate(managed(entry), 'me')).toBe(expected);
  });
});
