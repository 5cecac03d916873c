// SPDX-License-Identifier: MIT
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports for those who do not care which. Systems give higher ones to connections. So a port that is free at this look is
 * not taken by a connection before somebody listens on it.
 */
const [LOWEST, HIGHEST] = [10_240, 32_767];

/** @returns the port, if it can be listened on; 0 asks for a random one */
function tryPort(wished: number): Promise<number | undefined> {
  const port = wished === 0 ? randomInt(LOWEST, HIGHEST + 1) : wished;
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      server.close(() => resolve(port));
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
