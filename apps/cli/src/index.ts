/**
 * `kaito`, the command line, and the local system behind `kaito up`.
 *
 * A system is three processes under one folder: an API server (local-cluster), a node (process-kubelet) and the
 * operator. This room starts and stops them, forwards each Workspace's Service to a local port, and shows people what
 * the other rooms compute. It refuses to know how controllers are wired.
 */
export { CommandError, exitCodes, type CommandErrorOptions, type ExitCode } from './command-error.ts';
export { reportError } from './report-error.ts';
export type { CommandContext } from './context.ts';
export {
  connect,
  workspaces,
  type Connection,
  type ConnectOptions,
  type StoredWorkspace,
} from './cluster.ts';
export { processTree, readProcess, readProcessTable, type ProcessEntry } from './system/process-table.ts';
export { startRoomProcess, type RoomProcess, type RoomProcessOptions } from './system/room-process.ts';
export { superviseRoom, type SupervisedRoom, type SupervisionOptions } from './system/supervised-room.ts';
export { buildImageList, buildImages, demoImageList, type ImageSources } from './system/image-list.ts';
export { applyCustomResourceDefinitions } from './system/definitions.ts';
export type { ProgramRow } from './system/programs.ts';
export { startSystem, type RunningSystem } from './system/start-system.ts';
export type { SystemOptions } from './system/system-options.ts';
