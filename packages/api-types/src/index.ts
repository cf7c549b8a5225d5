/**
 * The kaito.sh API: what a Workspace may say, what it means when it says nothing, and what is refused.
 *
 * One zod schema per type is the only place where a field is written down. From it come the TypeScript type,
 * the defaults that `parseWorkspace` fills in, and the CustomResourceDefinition with its CEL rules
 * (`workspaceCustomResourceDefinition`); rules between fields are told twice, once in CEL for the API server
 * and once in `validateWorkspaceCreate` / `validateWorkspaceUpdate` for everyone who has no API server at hand,
 * and a test holds the two against each other.
 *
 * Everything that people write is answered with `FieldIssue`s: a path, a stable code, a sentence, and with
 * `parseYamlDocuments` and `locateIssues` also a line. Nothing here throws on bad input except
 * `parseYamlDocuments`, which throws `YamlSyntaxError`.
 *
 * This room knows the CRDs, `inference_config.yaml`, `training_config.yaml` and the names of labels,
 * annotations, conditions and reasons. It refuses to know models, GPUs and clusters: a rule that needs
 * such a fact takes it by parameter (`ValidationOptions`) or lives in the operator.
 */
export { type InferenceConfig, parseInferenceConfig, type RuntimeFlags } from './config/inference-config.ts';
export { readDataKey } from './config/read-config-map.ts';
export {
  parseTrainingConfig,
  type TrainingConfig,
  type TrainingSection,
  trainingSections,
} from './config/training-config.ts';
export {
  type CustomResourceDefinition,
  customResourceDefinitions,
  type CustomResourceVersion,
  workspaceCustomResourceDefinition,
} from './crd/workspace-crd.ts';
export type { PrinterColumn } from './crd/printer-columns.ts';
export type { StructuralSchema } from './crd/structural-schema.ts';
export { type FieldIssue, hasErrors, type IssueCode, issueCodes, type Parsed } from './issues/field-issue.ts';
export { type FieldPath, formatFieldPath, parseFieldPath } from './issues/field-path.ts';
export { nearest } from './issues/nearest.ts';
export { type Manifest, readManifest } from './manifest.ts';
export { annotations, type RuntimeName, runtimeNames } from './names/annotations.ts';
export {
  apiGroup,
  workspaceApiVersions,
  workspaceNames,
  workspaceVersions,
  type WorkspaceVersion,
} from './names/api-group.ts';
export { type ConditionReason, conditionReasons, explainReason } from './names/condition-reasons.ts';
export {
  conditionOrder,
  type ConditionType,
  conditionTypes,
  type WorkspaceState,
  workspaceStates,
} from './names/conditions.ts';
export { dataKeys, defaultAdapterStrength, maxAdapters } from './names/config-keys.ts';
export { finalizers } from './names/finalizers.ts';
export { labels, reservedSelectorKeys } from './names/labels.ts';
export { parseWorkspace } from './parse/parse-workspace.ts';
export {
  type Adapter,
  AdapterSchema,
  type AdapterSource,
  AdapterSourceSchema,
  type InferenceSpec,
  InferenceSpecSchema,
} from './schema/inference.ts';
export { type LabelSelector, LabelSelectorSchema } from './schema/label-selector.ts';
export { type ObjectMeta, ObjectMetaSchema } from './schema/object-meta.ts';
export { looksLikePlaceholder } from './schema/placeholder.ts';
export { type PresetSpec, PresetSpecSchema } from './schema/preset.ts';
export {
  PartitionSchema,
  type PartitionSpec,
  type ResourceSpec,
  ResourceSpecSchema,
} from './schema/resource.ts';
export {
  type TuningInput,
  TuningInputSchema,
  type TuningOutput,
  TuningOutputSchema,
  type TuningSpec,
  TuningSpecSchema,
} from './schema/tuning.ts';
export { type Workspace, WorkspaceSchema } from './schema/workspace.ts';
export {
  type Condition,
  ConditionSchema,
  type WorkspaceStatus,
  WorkspaceStatusSchema,
} from './schema/workspace-status.ts';
export { validateWorkspaceCreate } from './validate/create.ts';
export { validateWorkspaceUpdate } from './validate/update.ts';
export type { ValidationOptions } from './validate/validation-options.ts';
export { type LocatedDocument, locateIssues, parseYamlDocuments } from './yaml/located-document.ts';
export { type YamlPosition, YamlSyntaxError } from './yaml/yaml-syntax-error.ts';
