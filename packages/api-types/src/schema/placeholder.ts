/**
 * Text that examples use where the reader's own value belongs: `<your-vm-sku>`, `YOUR_IMAGE`, `ACR_REPO_HERE`.
 * Written in the syntax that JavaScript and RE2 (CEL) share.
 */
export const placeholderPattern =
  '<[A-Za-z][^<>]*>|(^|[^A-Za-z0-9])YOUR_|[A-Z0-9]_HERE|REPLACE_?ME|CHANGE_?ME';

const placeholder = new RegExp(placeholderPattern);

/** True when the text is an example's stand-in rather than a value. */
export function looksLikePlaceholder(text: string): boolean {
  return placeholder.test(text);
}

/** What we answer to a placeholder; the field's path goes beside it. */
export const placeholderMessage = 'looks like a placeholder; put your own value here';
