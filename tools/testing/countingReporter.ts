// SPDX-License-Identifier: MIT
import { relative, resolve, sep } from "node:path";

import Mocha from "mocha";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { Time } from "./testJob.ts";

/** Mocha's ordinary output, with the numbers and times kept for `scripts/test.ts`. */
export class CountingReporter extends Mocha.reporters.Spec {
  static readonly counts = { passed: 0, failed: 0, skipped: 0 };
  static readonly times: Time[] = [];
  static readonly #files = new Set<string>();

  /** Those of the files in which mocha ended no test, skipped ones included. */
  static filesWithoutTests(files: readonly string[]): readonly string[] {
    return files.filter((file) => !CountingReporter.#files.has(resolve(PROJECT_ROOT, file)));
  }

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const { EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_END } = Mocha.Runner.constants;
    runner.on(EVENT_TEST_END, ({ file }: Mocha.Test) => {
      if (file !== undefined) CountingReporter.#files.add(file);
    });
    for (const event of [EVENT_HOOK_END, EVENT_TEST_END]) {
      runner.on(event, (ended: Mocha.Runnable) => {
        const { file, duration = 0 } = ended;
        if (file === undefined) return;
        const path = relative(PROJECT_ROOT, file).split(sep).join("/");
        CountingReporter.times.push({ file: path, title: ended.fullTitle(), seconds: duration / 1000 });
      });
    }
    runner.once(EVENT_RUN_END, () => {
      CountingReporter.counts.passed = this.stats.passes;
      CountingReporter.counts.failed = this.stats.failures;
      CountingReporter.counts.skipped = this.stats.pending;
    });
  }
}
