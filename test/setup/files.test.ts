// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { produceAtomically, readJsonIfExists, writeFileAtomically, writeJson } from "../../src/files.ts";
import { temporaryFolder } from "./fixtures.ts";

describe("files of the build folder", () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  after(folder.remove);

  it("stay as they were, and leave no litter, when the disk is full", () => {
    mkdirSync(path("full"));
    writeFileAtomically(path("full/file"), "old");
    const script = `
      import { writeFileAtomically } from ${JSON.stringify(new URL("../../src/files.ts", import.meta.url).href)};
      try { writeFileAtomically(process.argv[1], Buffer.alloc(1 << 20)); } catch (error) { console.log(error.code); }`;
    const limited = `ulimit -f 1 && exec "$0" "$@"`;
    const args = ["-c", limited, process.execPath, "--input-type=module", "-e", script, path("full/file")];
    expect(execFileSync("sh", args, { encoding: "utf8" }).trim()).to.equal("EFBIG");
    expect(readdirSync(path("full"))).to.deep.equal(["file"]);
    expect(readFileSync(path("full/file"), "utf8")).to.equal("old");
  });

  it("stay as they were, and leave no litter, when somebody else fails to write them", async () => {
    mkdirSync(path("other"));
    writeFileAtomically(path("other/file"), "old");
    const failing = produceAtomically(path("other/file"), (temporary) => {
      writeFileSync(temporary, "half");
      return Promise.reject(new Error("no space"));
    });
    expect(await failing.catch((error: unknown) => (error as Error).message)).to.equal("no space");
    expect(readdirSync(path("other"))).to.deep.equal(["file"]);
    expect(readFileSync(path("other/file"), "utf8")).to.equal("old");
  });

  it("are cleared of what killed processes left, and not of what others are writing", () => {
    mkdirSync(path("killed"));
    const [old, young, foreign] = ["file.0123456789ab.tmp", "file.ba9876543210.tmp", "filer.0123456789ab.tmp"].map(
      (name) => path(`killed/${name}`),
    ) as [string, string, string];
    for (const left of [old, young, foreign]) writeFileSync(left, "half");
    const twoHoursAgo = Date.now() / 1000 - 7_200;
    for (const left of [old, foreign]) utimesSync(left, twoHoursAgo, twoHoursAgo);
    writeFileAtomically(path("killed/file"), "new");
    expect(readdirSync(path("killed")).sort()).to.deep.equal(
      ["file", "file.ba9876543210.tmp", "filer.0123456789ab.tmp"].sort(),
    );
  });

  it("count as missing if they are JSON that is empty or cut off", () => {
    writeJson(path("value.json"), { a: [1, 2] });
    expect(readJsonIfExists(path("value.json"))).to.deep.equal({ a: [1, 2] });
    const whole = readFileSync(path("value.json"), "utf8");
    for (const length of [0, 1, whole.length >> 1, whole.length - 3]) {
      writeFileSync(path("value.json"), whole.slice(0, length));
      expect(readJsonIfExists(path("value.json")), `${length} bytes`).to.equal(undefined);
    }
    expect(readJsonIfExists(path("none.json"))).to.equal(undefined);
  });
});
