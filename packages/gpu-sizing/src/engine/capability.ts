/** Generation of a chip by its name, for nodes that only tell the name. */
const capabilityByName: readonly (readonly [RegExp, number])[] = [
  [/\b(gb10|dgx spark)\b/, 12.1],
  [/\bthor\b/, 11],
  [/\b(gb300|b300)\b/, 10.3],
  [/\b(gb200|b200|b100)\b/, 10],
  [/\b(h100|h200|gh200|h20|h800)\b/, 9],
  [/\brtx pro \d+|\b50[789]0\b|blackwell/, 12],
  [/\b(l4|l40s?|l20|40[6789]0|rtx 6000 ada)\b/, 8.9],
  [/\b(a10g?|a2|a16|a40|a6000|30[789]0)\b/, 8.6],
  [/\b(a100|a800|a30)\b/, 8],
  [/\bt4\b/, 7.5],
  [/\bv100\b/, 7],
];

export function capabilityByModel(name: string | undefined): number | undefined {
  const plain = name?.toLowerCase().replaceAll(/[-_]+/g, ' ') ?? '';
  return capabilityByName.find(([pattern]) => pattern.test(plain))?.[1];
}
