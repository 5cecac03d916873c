// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { findBarretenberg, type Machine, requireMemory } from "../../src/recursion/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const LINUX: Machine = { platform: "linux", arch: "x64", glibc: "2.36", availableMemory: 8e9 };

describe("a machine for bb", () => {
  it("is Linux or macOS, on x64 or arm64", async () => {
    expect(await findBarretenberg(process.execPath, LINUX)).to.equal(process.execPath);
    expect(await findBarretenberg(undefined, LINUX)).to.match(/bb$/);
    for (const [platform, arch] of [["win32", "x64"], ["linux", "riscv64"], ["freebsd", "x64"]] as const) {
      const error = await expectRejection(findBarretenberg(undefined, { ...LINUX, platform, arch }), "BB_UNAVAILABLE");
      expect(error.data).to.have.property("platform", `${platform} ${arch}`);
      expect(error.message).to.contain("Groth16");
    }
  }); // prettier-ignore

  it("has glibc 2.34 or later, if it has Linux", async () => {
    for (const glibc of ["2.34", "2.36", "2.100", "3.0"]) {
      expect(await findBarretenberg(process.execPath, { ...LINUX, glibc })).to.equal(process.execPath);
    }
    for (const glibc of ["2.33", "2.4", "1.99", undefined]) {
      await expectRejection(findBarretenberg(process.execPath, { ...LINUX, glibc }), "BB_UNAVAILABLE");
    }
    const mac = { ...LINUX, platform: "darwin", glibc: undefined };
    expect(await findBarretenberg(process.execPath, mac)).to.equal(process.execPath);
  });

  it("has memory left for the circuit: 2.6 GB for a node, 330 MB for a development leaf", () => {
    requireMemory(21, { ...LINUX, availableMemory: 2_700_000_000 });
    requireMemory(18, { ...LINUX, availableMemory: 330_000_000 });
    const error = expectError(() => {
      requireMemory(21, { ...LINUX, availableMemory: 2_000_000_000 });
    }, "NOT_ENOUGH_MEMORY");
    expect(error.data).to.deep.equal({ needed: 2_621_440_000, available: 2_000_000_000 });
    expect(error.message).to.equal("a proof of 2^21 gates needs about 2621 MB, and this machine has 2000 MB left");
  });
});
