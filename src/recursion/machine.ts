// SPDX-License-Identifier: GPL-3.0-or-later
import { accessSync, constants } from "node:fs";
import { freemem, totalmem } from "node:os";

import { ProtocolError } from "../errors.ts";

/** Facts about a machine on which it depends whether bb runs there. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of glibc, as "2.36"; undefined on systems of another kind, and on Linux with musl. */
  readonly glibc: string | undefined;
  /** Bytes that a process can have without swapping, as far as the system tells. */
  readonly availableMemory: number;
}

/** Version of bb whose files, keys and proofs this library knows. */
export const BB_VERSION = "5.0.0";

/** bb 5.0.0 is built for these. */
const PLATFORMS = ["linux x64", "linux arm64", "darwin x64", "darwin arm64"];
const OLDEST_GLIBC = [2, 34] as const;

/** Bytes of memory for each point of the domain: 1,990 MB for 2^21 and 305 MB for 2^18 were measured. */
const BYTES_PER_POINT = 1_250;

/** This machine, now. */
export function thisMachine(): Machine {
  const { platform, arch, report } = process;
  // Names of the peers of open sockets would be asked for.
  (report as { excludeNetwork?: boolean }).excludeNetwork = true;
  const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  // macOS counts what it would give up at once as used. Node 20.13 and later know the limit of a container.
  const { availableMemory: read = freemem } = process as { availableMemory?: () => number };
  const availableMemory = platform === "darwin" ? totalmem() : Math.min(freemem(), read());
  return { platform, arch, glibc: header.glibcVersionRuntime, availableMemory };
}

/**
 * Finds bb, and says why it cannot run here if it cannot. Groth16 (`createProver`) runs wherever Node does.
 *
 * @param binary path of a bb 5.0.0; default: the one in the package `@aztec/bb.js`
 * @throws {ProtocolError} `BB_UNAVAILABLE`
 */
export async function findBarretenberg(binary?: string, machine: Machine = thisMachine()): Promise<string> {
  const { platform, arch, glibc } = machine;
  const unavailable = (reason: string): ProtocolError =>
    new ProtocolError(
      "BB_UNAVAILABLE",
      { reason, platform: `${platform} ${arch}` },
      `bb cannot run on this machine: ${reason}. Proofs by Groth16 can be made here`,
    );
  if (binary === undefined && !PLATFORMS.includes(`${platform} ${arch}`)) {
    throw unavailable(`it is made for ${PLATFORMS.join(", ")}, and this is ${platform} ${arch}`);
  }
  if (platform === "linux") {
    const oldest = OLDEST_GLIBC.join(".");
    if (glibc === undefined) throw unavailable(`it needs glibc ${oldest} or later, and this system has none`);
    const [major = 0, minor = 0] = glibc.split(".").map(Number);
    const isOld = major < OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor < OLDEST_GLIBC[1]);
    if (isOld) throw unavailable(`it needs glibc ${oldest} or later, and this system has ${glibc}`);
  }
  const path = binary ?? (await packagedBinary());
  if (path === undefined) throw unavailable("the package @aztec/bb.js 5.0.0 is not installed");
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw unavailable(`${path} is no program that may be run`);
  }
  return path;
}

/**
 * Refuses a circuit for which the machine has too little memory left, before bb is killed halfway.
 *
 * @param power The circuit has up to 2^power gates.
 * @throws {ProtocolError} `NOT_ENOUGH_MEMORY`
 */
export function requireMemory(power: number, { availableMemory: available }: Machine = thisMachine()): void {
  const needed = 2 ** power * BYTES_PER_POINT;
  if (available >= needed) return;
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  throw new ProtocolError(
    "NOT_ENOUGH_MEMORY",
    { needed, available },
    `a proof of 2^${power} gates needs about ${megabytes(needed)} MB, and this machine has ${megabytes(available)} MB left`,
  );
}

async function packagedBinary(): Promise<string | undefined> {
  try {
    const { findBbBinary } = await import("@aztec/bb.js/platform");
    return findBbBinary() ?? undefined;
  } catch {
    return undefined;
  }
}
