// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Bytes of the small disk. */
const SIZE = 64 * 2 ** 20;

/** A small disk of its own for the folder of one node, which can be filled. Only the administrator can make one. */
export class SmallDisk {
  readonly folder: string;
  #isMounted = true;
  readonly #release = (): void => this.release();

  private constructor(folder: string) {
    this.folder = folder;
    process.on("exit", this.#release);
  }

  /** Puts a disk in the place of a folder; undefined if this user or this system cannot. */
  static mount(folder: string): SmallDisk | undefined {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", folder], { stdio: "ignore" });
    } catch {
      return undefined;
    }
    return new SmallDisk(folder);
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }

  /** Leaves no byte free. */
  fill(): void {
    const file = openSync(this.#ballast, "w");
    try {
      for (const size of [2 ** 20, 2 ** 12, 1]) {
        const block = Buffer.alloc(size);
        try {
          for (;;) writeSync(file, block);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  /** Makes room again. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Takes the disk away with all that is on it. Can be called again. */
  release(): void {
    if (!this.#isMounted) return;
    this.#isMounted = false;
    process.off("exit", this.#release);
    // A process that is about to end may have a file open.
    execFileSync("umount", ["-l", this.folder], { stdio: "ignore" });
  }
}

/** Milliseconds after a disk has room again in which a process may still end, as it had none. */
const AFTERMATH = 5_000;

/** Times in which a disk is full. They can overlap: it has room again when all have ended. */
export class Fillings {
  readonly #disk: Pick<SmallDisk, "fill" | "empty">;
  #open = 0;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(disk: Pick<SmallDisk, "fill" | "empty">) {
    this.#disk = disk;
  }

  begin(): void {
    this.#open += 1;
    this.#disk.fill();
  }

  /** @param now in milliseconds */
  end(now: number): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#disk.empty();
    this.#endedAt = now;
  }

  /** Whether a process that ends now may do so because its disk is or was full. @param now in milliseconds */
  explains(now: number): boolean {
    return this.#open > 0 || now - this.#endedAt < AFTERMATH;
  }
}
