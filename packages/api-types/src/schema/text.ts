import * as z from 'zod';
import { issueCodes } from '../issues/field-issue.ts';
import { type CelRule, celRules, celString } from './cel-rule.ts';
import { looksLikePlaceholder, placeholderMessage, placeholderPattern } from './placeholder.ts';

/** A form that text must have, in the regular expression syntax that JavaScript and RE2 share. */
export interface TextFormat {
  readonly pattern: string;
  /** Completes "must be …". */
  readonly is: string;
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

const registryHost =
  '[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*(:[0-9]+)?';
const repositoryPart = '[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*';

export const formats = {
  objectName: {
    pattern: `^(${label}([.]${label})*)?$`,
    is: 'the name of a Kubernetes object: lower-case letters, digits, "-" and "."',
  },
  imageReference: {
    pattern:
      `^((${registryHost}/)?${repositoryPart}(/${repositoryPart})*` +
      '(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?)?$',
    is: 'an image reference such as registry/repository:tag, with a lower-case repository',
  },
  modelName: {
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$',
    is: 'a preset name or a Hugging Face id such as org/model',
  },
  labelKey: {
    pattern: `^(${label}([.]${label})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`,
    is: 'a label key such as apps or example.com/apps',
  },
  labelValue: {
    pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$',
    is: 'a label value: letters, digits, "-", "_" and ".", a letter or digit at both ends',
  },
  migProfile: {
    pattern: '^([1-9][0-9]?g[.][1-9][0-9]*gb)?$',
    is: 'a MIG profile such as 1g.10gb',
  },
  nodeName: {
    pattern: `^${label}([.]${label})*$`,
    is: 'the host name of a node: lower-case letters, digits, "-" and "."',
  },
} as const satisfies Record<string, TextFormat>;

interface TextOptions {
  readonly description: string;
  readonly max: number;
  readonly min?: number;
  readonly format?: TextFormat;
  readonly rules?: readonly CelRule[];
}

/**
 * Text of bounded length, refused when it is a placeholder or has the wrong form.
 * The form is a CEL rule, not `pattern`, so that a placeholder gets one message and not two.
 */
export function text({ description, max, min = 0, format, rules = [] }: TextOptions): z.ZodString {
  return z
    .string()
    .min(min)
    .max(max)
    .check((context) => {
      if (context.value.length > max) return;
      if (looksLikePlaceholder(context.value)) {
        context.issues.push(complaint(context.value, placeholderMessage, issueCodes.placeholder));
      } else if (format && context.value.length >= min && !new RegExp(format.pattern).test(context.value)) {
        context.issues.push(complaint(context.value, `must be ${format.is}`, issueCodes.invalidValue));
      }
    })
    .meta({ description, ...celRules(...placeholderRule, ...formatRule(format), ...rules) });
}

function complaint(input: string, message: string, code: string): z.core.$ZodRawIssue {
  return { code: 'custom', input, message, params: { code } };
}

const isPlaceholder = `self.matches(${celString(placeholderPattern)})`;
const placeholderRule: readonly CelRule[] = [{ rule: `!${isPlaceholder}`, message: placeholderMessage }];

function formatRule(format: TextFormat | undefined): readonly CelRule[] {
  if (!format) return [];
  const fits = `self.matches(${celString(format.pattern)})`;
  return [{ rule: `${isPlaceholder} || ${fits}`, message: `must be ${format.is}` }];
}
