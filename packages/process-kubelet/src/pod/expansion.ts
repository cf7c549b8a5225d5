/** Replaces `$(NAME)` by the variable's value; `$$` is a dollar sign, and an unknown name stays as written. */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (whole: string, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
}
