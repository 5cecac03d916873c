import Mocha from "mocha";

/** Mocha's ordinary output, with the numbers kept for `scripts/test.ts`. */
export class CountingReporter extends Mocha.reporters.Spec {
  static readonly counts = { passed: 0, failed: 0, skipped: 0 };

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      CountingReporter.counts.passed = this.stats.passes;
      CountingReporter.counts.failed = this.stats.failures;
      CountingReporter.counts.skipped = this.stats.pending;
    });
  }
}
