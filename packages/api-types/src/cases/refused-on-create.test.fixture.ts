import type { IssueCode } from '../issues/field-issue.ts';
import type { Json } from './builders.test.fixture.ts';
import { refusedInference } from './refused-inference.test.fixture.ts';
import { refusedResources } from './refused-resources.test.fixture.ts';
import { refusedTuning } from './refused-tuning.test.fixture.ts';

/** A manifest that must be refused on creation. */
export interface RefusedOnCreate {
  readonly name: string;
  readonly manifest: Json;
  readonly path: string;
  readonly code: IssueCode;
  /** Field that the API server blames; absent when only our own validation knows the rule. */
  readonly apiServer?: string;
}

/** Every rule of creation, as our validation and the API server must both see it. */
export const refusedOnCreate: readonly RefusedOnCreate[] = [
  ...refusedResources,
  ...refusedInference,
  ...refusedTuning,
];
