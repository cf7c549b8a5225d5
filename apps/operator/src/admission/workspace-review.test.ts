import { describe, expect, test } from 'vitest';
import { catalogue } from '../plan/builders.test.data.ts';
import { readReview, renderReview } from './admission-review.ts';
import { reviewWorkspace, type Verdict } from './workspace-review.ts';

const facts = { catalogue: catalogue(), validation: { nodeProvisioner: 'byo' as const } };

interface Draft {
  readonly preset?: string;
  readonly adapters?: readonly unknown[];
  readonly metadata?: object;
  readonly inference?: object;
}

function workspace({ preset = 'phi-4-mini-instruct', adapters, metadata, inference }: Draft = {}): object {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'phi', namespace: 'default', ...metadata },
    resource: { count: 1, labelSelector: { matchLabels: { apps: 'phi' } } },
    inference: { preset: { name: preset }, ...(adapters !== undefined && { adapters }), ...inference },
  };
}

function create(object: unknown): Verdict {
  return reviewWorkspace({ operation: 'CREATE', object, previous: null }, facts);
}

function update(previous: unknown, object: unknown): Verdict {
  return reviewWorkspace({ operation: 'UPDATE', object, previous }, facts);
}

const twice = [
  { source: { name: 'own', image: 'registry.example/own:1' } },
  { source: { name: 'own', image: 'registry.example/own:2' } },
];

describe('the webhook', () => {
  test('lets a good Workspace through without a word', () => {
    expect(create(workspace())).toEqual({ allowed: true, errors: [], warnings: [] });
  });

  test('refuses what the schema cannot see, at its field', () => {
    const verdict = create(workspace({ adapters: twice }));
    expect(verdict.allowed).toBe(false);
    expect(verdict.errors[0]?.path).toMatch(/^inference\.adapters\[1\]/);
  });

  test('warns of a preset that is in no record, and names the nearest', () => {
    const verdict = create(workspace({ preset: 'phi-4-mini-instruckt' }));
    expect(verdict.allowed).toBe(true);
    expect(verdict.warnings).toMatchObject([{ path: 'inference.preset.name' }]);
    expect(verdict.warnings[0]?.message).toContain('phi-4-mini-instruct');
  });

  test('warns of fields that do nothing', () => {
    const verdict = create(
      workspace({ inference: { preset: { name: 'phi-4-mini-instruct', accessMode: 'private' } } }),
    );
    expect(verdict.warnings.map(({ path }) => path)).toContain('inference.preset.accessMode');
  });

  test('does not say it again with every later write', () => {
    const old = workspace({ preset: 'nobody/knows-it' });
    expect(
      update(old, workspace({ preset: 'nobody/knows-it', metadata: { labels: { a: 'b' } } })),
    ).toMatchObject({
      allowed: true,
      warnings: [],
    });
  });

  test('refuses to exchange what cannot be exchanged', () => {
    const verdict = update(workspace(), workspace({ preset: 'phi-4' }));
    expect(verdict.errors).toMatchObject([{ path: 'inference.preset', code: 'IMMUTABLE' }]);
  });

  test('lets objects that are older than a rule be labelled and deleted', () => {
    const old = workspace({ adapters: twice });
    expect(update(old, workspace({ adapters: twice, metadata: { labels: { a: 'b' } } })).allowed).toBe(true);
    const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 };
    expect(update(workspace(), workspace({ preset: 'phi-4', metadata: leaving })).allowed).toBe(true);
    const unreadable = { ...workspace(), inference: { preset: 7 } };
    expect(update(unreadable, { ...unreadable, metadata: { name: 'phi', labels: {} } }).allowed).toBe(true);
    expect(create(unreadable).allowed).toBe(false);
  });

  test('has no opinion on deletes', () => {
    expect(reviewWorkspace({ operation: 'DELETE', object: null, previous: workspace() }, facts).allowed).toBe(
      true,
    );
  });

  test('answers with a Status like the API server’s own', () => {
    const object = workspace({ adapters: twice });
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u1', operation: 'CREATE', name: 'phi', object, oldObject: null },
    };
    const asked = readReview(JSON.stringify(review));
    expect(asked).toBeDefined();
    if (asked === undefined) return;
    expect(renderReview(asked, reviewWorkspace(asked, facts))).toMatchObject({
      kind: 'AdmissionReview',
      response: {
        uid: 'u1',
        allowed: false,
        status: {
          code: 422,
          reason: 'Invalid',
          message: expect.stringMatching(/^inference\.adapters\[1\]/),
          details: {
            kind: 'Workspace',
            causes: [{ field: expect.stringMatching(/^inference\.adapters\[1\]/) }],
          },
        },
      },
    });
  });

  test('keeps warnings short enough to arrive whole', () => {
    const warnings = Array.from({ length: 40 }, (_, index) => ({
      path: `a[${index}]`,
      code: 'NO_EFFECT' as const,
      message: 'x'.repeat(400),
      severity: 'warning' as const,
    }));
    const asked = { uid: 'u', name: '', operation: 'CREATE', object: {}, previous: undefined };
    const { response } = renderReview(asked, { allowed: true, errors: [], warnings }) as {
      response: { warnings: readonly string[] };
    };
    expect(response.warnings).toHaveLength(16);
    expect(response.warnings.join('').length).toBeLessThan(4096);
  });

  test.each([
    '',
    'null',
    '{',
    '{"kind":"AdmissionReview"}',
    '[]',
    '{"apiVersion":"admission.k8s.io/v1beta1"}',
  ])('does not take %j for a question', (text) => {
    expect(readReview(text)).toBeUndefined();
  });
});
