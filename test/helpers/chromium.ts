// SPDX-License-Identifier: MIT
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

import { chromium, type Browser } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The Chromium of this machine: the one that CHROMIUM names, or the first on the path; undefined if there is none. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CHROMIUM, PATH = "" } = environment;
  if (CHROMIUM !== undefined && CHROMIUM !== "") return isProgram(CHROMIUM) ? CHROMIUM : undefined;
  const paths = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return paths.find(isProgram);
}

/**
 * Starts the Chromium of this machine; undefined, with one sentence on standard error, if there is none.
 *
 * @throws {Error} if there is none, and REQUIRE_CHROMIUM=1 says that there has to be one
 */
export async function startChromium(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    const sentence = "no Chromium is found: install one, or name it by CHROMIUM=<path>";
    if (process.env["REQUIRE_CHROMIUM"] === "1") throw new Error(sentence);
    console.error(`      The tests of the explorer in a browser are skipped: ${sentence}.`);
    return undefined;
  }
  // As root, Chromium starts without its sandbox alone; the only pages are this project's own.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
}
