// SPDX-License-Identifier: MIT
import { createServer } from "node:net";

/** @returns the port, if it can be listened on; 0 asks for any that is free */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}

/** Ports of the loopback device that nobody uses: those that are wished for, or others in their place. */
export async function freePorts(wished: readonly number[]): Promise<number[]> {
  const ports: number[] = [];
  for (const port of wished) {
    let found = ports.includes(port) ? undefined : await tryPort(port);
    while (found === undefined || ports.includes(found)) found = await tryPort(0);
    ports.push(found);
  }
  return ports;
}
