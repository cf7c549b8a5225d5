/** `npm run demo`: the main job, whole, on one machine. Nothing imports this room. */
export { runDemo, type DemoOptions, type DemoResult } from './run-demo.ts';
