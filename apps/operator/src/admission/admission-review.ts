import type { FieldIssue } from '@kaito-ts/api-types';
import type { Verdict, WorkspaceWrite } from './workspace-review.ts';
import * as z from 'zod';

/** The part of admission.k8s.io/v1 AdmissionReview that is read here. */
const reviewSchema = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string().min(1),
    operation: z.string(),
    name: z.string().optional(),
    object: z.unknown(),
    oldObject: z.unknown(),
  }),
});

export interface ReviewRequest extends WorkspaceWrite {
  readonly uid: string;
  readonly name: string;
}

/** Undefined when this is no AdmissionReview. */
export function readReview(text: string): ReviewRequest | undefined {
  const result = reviewSchema.safeParse(parsed(text));
  if (!result.success) return undefined;
  const { uid, operation, name = '', object, oldObject } = result.data.request;
  return { uid, operation, name, object, previous: oldObject };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The answer as the API server hands it on: a Status like its own for a bad field, and warnings for kubectl to print. */
export function renderReview({ uid, name }: ReviewRequest, { allowed, errors, warnings }: Verdict): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(!allowed && { status: refusal(name, errors) }),
      ...(warnings.length > 0 && { warnings: limited(warnings.map(sentence)) }),
    },
  };
}

function refusal(name: string, errors: readonly FieldIssue[]): object {
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message: errors.map(sentence).join('; '),
    details: {
      name,
      group: 'kaito.sh',
      kind: 'Workspace',
      causes: errors.map(({ path, message }) => ({ reason: 'FieldValueInvalid', field: path, message })),
    },
  };
}

function sentence({ path, message }: FieldIssue): string {
  return path === '' ? message : `${path}: ${message}`;
}

/** The API server cuts a warning after 256 characters and all of them after 4096; the first ones should arrive whole. */
const longestWarning = 250;
const mostWarnings = 15;

function limited(warnings: readonly string[]): readonly string[] {
  const lines = warnings.map((text) =>
    text.length <= longestWarning ? text : `${text.slice(0, longestWarning - 1)}…`,
  );
  if (lines.length <= mostWarnings) return lines;
  return [...lines.slice(0, mostWarnings), `and ${lines.length - mostWarnings} more warnings`];
}
