// SPDX-License-Identifier: MIT
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Application, LogLevel } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/**
 * The reference of the client library, from the docstrings of what `src/index.ts` exports. Contents by path within the
 * reference.
 *
 * @throws {Error} if something that is exported has no docstring, or a docstring refers to what is not there
 */
export async function clientReference(): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "client-reference-"));
  try {
    const warnings: string[] = [];
    const markdown: Partial<PluginOptions> = {
      entryFileName: "README",
      hidePageHeader: true,
      hideBreadcrumbs: true,
      parametersFormat: "list",
      useCodeBlocks: true,
      expandObjects: true,
    };
    const app = await Application.bootstrapWithPlugins({
      entryPoints: [join(PROJECT_ROOT, "src", "index.ts")],
      tsconfig: join(PROJECT_ROOT, "tsconfig.json"),
      plugin: ["typedoc-plugin-markdown"],
      name: "Client library",
      readme: "none",
      disableSources: true,
      // `npm run typecheck` does that, for all files at once.
      skipErrorChecking: true,
      excludeExternals: true,
      excludePrivate: true,
      logLevel: LogLevel.Warn,
      validation: { notExported: false, invalidLink: true, notDocumented: true },
      requiredToBeDocumented: ["Class", "Interface", "Function", "TypeAlias", "Variable"],
      sort: ["source-order"],
      out: folder,
      ...markdown,
    });
    const { logger } = app;
    logger.log = (message, level): void => {
      if (level >= LogLevel.Warn) warnings.push(message);
    };
    const project = await app.convert();
    if (project === undefined) throw new Error(`TypeDoc found nothing: ${warnings.join("\n")}`);
    app.validate(project);
    if (warnings.length > 0) throw new Error(warnings.join("\n"));
    await app.generateOutputs(project);
    const files = globSync("**/*.md", { cwd: folder }).sort();
    return new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
