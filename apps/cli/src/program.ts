import { Command } from 'commander';
import { adaptersCommand } from './commands/adapters.ts';
import { chatCommand } from './commands/chat.ts';
import { crdsCommand } from './commands/crds.ts';
import { gpusCommand } from './commands/gpus.ts';
import { imagesCommand } from './commands/images.ts';
import { modelsCommand } from './commands/models.ts';
import { planCommand } from './commands/plan.ts';
import { renderCommand } from './commands/render.ts';
import { sizeCommand } from './commands/size.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import type { CommandContext } from './context.ts';
import { version } from './version.ts';

/** The command tree of `kaito`, in the order in which a newcomer meets it. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('kaito')
    .description('Serve language models on your own machines: the kaito-ts command line.')
    .version(version)
    .showHelpAfterError('(kaito --help lists the commands)')
    // What stands behind a sub-command is the sub-command's; inherited by all of them.
    .enablePositionalOptions()
    .exitOverride();
  const commands = [
    upCommand,
    validateCommand,
    renderCommand,
    statusCommand,
    chatCommand,
    imagesCommand,
    adaptersCommand,
    planCommand,
    sizeCommand,
    modelsCommand,
    gpusCommand,
    crdsCommand,
  ];
  // Sub-commands take over settings such as exitOverride only when they are made by `command()`, hence the copy.
  for (const make of commands) program.addCommand(inherit(program, make(context)));
  return program;
}

function inherit(parent: Command, child: Command): Command {
  child.copyInheritedSettings(parent);
  for (const each of child.commands) inherit(child, each);
  return child;
}
