/** Lines of the launcher itself, as JSON among the runtime's own lines. */
export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export function createLog(write: (line: string) => void): Log {
  return (message, fields = {}) => {
    write(`${JSON.stringify({ time: new Date().toISOString(), name: 'launcher', message, ...fields })}\n`);
  };
}
