// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { Hostile, type HostileConfig } from "./hostile.ts";

// A process of its own, so that what it does to itself harms nobody else: `node hostileProcess.ts <configuration>`.
const [, , path] = process.argv;
const config = JSON.parse(readFileSync(path ?? "", "utf8")) as HostileConfig;
const hostile = await Hostile.start(config);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void hostile.stop().finally(() => process.exit(0)));
}
await hostile.run();
