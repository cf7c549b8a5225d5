import { createConnection } from 'node:net';

/** Rejects when nobody does, as after a crash, which leaves the socket's file. */
export function listens(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket, () => {
      connection.destroy();
      resolve(true);
    }).once('error', reject);
  });
}
