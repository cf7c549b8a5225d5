import { z } from 'zod';
import type { ChatMessage } from '../engine/engine.ts';

const TextPart = z.looseObject({
  type: z.enum(['text', 'input_text', 'output_text'], { error: 'only text can be sent to this model' }),
  text: z.string(),
});

const Message = z.looseObject({
  role: z.string().min(1),
  content: z
    .union([z.string(), z.null(), z.array(TextPart)], { error: 'expected text or a list of text parts' })
    .optional(),
});

export const Messages: z.ZodType<readonly ChatMessage[]> = z
  .array(Message)
  .min(1)
  .transform((messages) =>
    messages.map(({ role, content, ...rest }) => ({ ...rest, role: roleOf(role), content: textOf(content) })),
  );

/** Templates know the older name of a developer's instructions only. */
function roleOf(role: string): string {
  return role === 'developer' ? 'system' : role;
}

function textOf(content: z.infer<typeof Message>['content']): string {
  if (Array.isArray(content)) return content.map(({ text }) => text).join('\n');
  return content ?? '';
}
