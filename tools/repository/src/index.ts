/** Checks that the repository keeps its own rules. */
export { readRooms, sourceFiles, type Room } from './rooms.ts';
