import type { Socket } from 'node:net';

/** Calls `see` with each JSON value that comes on the socket, one a line. @returns how to send one. */
export function jsonLines<In, Out>(socket: Socket, see: (value: In) => void): (value: Out) => void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) see(JSON.parse(line) as In);
  });
  return (value) => {
    if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
  };
}
