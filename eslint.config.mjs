// SPDX-License-Identifier: MIT
import js from "@eslint/js";
import tseslint from "typescript-eslint";

import { throwsTag } from "./tools/lint/throwsTag.mjs";

/** The rooms of `src`, from the ground up. A room imports rooms of lower floors only. */
const FLOORS = [
  ["codec", "crypto", "contracts"],
  ["ledger"],
  ["migration", "b52", "deployment", "nodeClient"],
  ["setup"],
  ["prover"],
  ["recursion"],
  ["chain"],
  ["agents"],
  ["client", "escape"],
  ["node"],
];
const ROOMS = FLOORS.flat().join("|");

/**
 * The door of a room is its index. `setup/paths.ts` is open to all: it imports nothing. Commands enter
 * `node/configuration` as well: they check their arguments before they load the rest.
 */
const DOOR = "(index\\.ts|paths\\.ts|configuration/index\\.ts)$";

const restricted = (files, patterns) => ({
  files,
  rules: {
    "no-restricted-imports": ["error", { patterns: patterns.map(([regex, message]) => ({ regex, message })) }],
  },
});

const outside = [
  "^(\\.\\./)+(demo|deploy|scripts|test|tools)/",
  "The library imports nothing of what stands beside it.",
];
const byTheDoor = [`^(\\.\\./)+(${ROOMS})/(?!${DOOR})`, "Another room is imported by its index.ts."];
const ownRooms = ["^\\./[^/]+/(?!index\\.ts$)", "A folder inside is imported by its index.ts."];

const rooms = FLOORS.flatMap((names, floor) =>
  names.map((room) => {
    const notBelow = FLOORS.slice(floor)
      .flat()
      .filter((name) => name !== room);
    // A name that two folders have, such as `b52`, means the nearer one.
    const above = `^(\\.\\./)+(${notBelow.join("|")})/(?!paths\\.ts$)`;
    const upwards = [above, `${room} imports rooms of lower floors only.`];
    return restricted(
      [`src/${room}/**/*.ts`],
      [outside, byTheDoor, ownRooms, ...(notBelow.length > 0 ? [upwards] : [])],
    );
  }),
);

export default tseslint.config(
  { ignores: ["test/package/user.ts", "artifacts/", "build/", "dist/", "cache/", "coverage/", "typechain-types/"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      curly: ["error", "multi-line", "consistent"],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      // With noUncheckedIndexedAccess, `!` is how a loop says that its index is in range.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["{src,tools,demo,scripts,explorer}/**/*.{ts,tsx}"],
    plugins: { local: { rules: { "throws-tag": throwsTag } } },
    rules: { "local/throws-tag": "error" },
  },
  ...rooms,
  restricted(
    ["src/*.ts"],
    [outside, ["^\\./(?!entries/)[^/]+/(?!index\\.ts$)", "A room is imported by its index.ts."]],
  ),
  restricted(
    ["{tools,demo,scripts}/**/*.ts"],
    [[`^(\\.\\./)+src/(${ROOMS})/(?!${DOOR})`, "A room of the library is imported by its index.ts."]],
  ),
  restricted(
    ["explorer/**/*.{ts,tsx}"],
    [
      [
        "^(?!preact(/|$)|\\.{1,2}/)|^(\\.\\./){2}|\\.\\./(src|tools|test|scripts|demo)/",
        "The page imports Preact and its own files.",
      ],
    ],
  ),
  {
    // The lab's tables are the same under every Node: see tools/lab/maths.ts.
    files: ["tools/lab/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", "Date", "performance", "crypto"],
      "no-restricted-properties": [
        "error",
        ...[
          "random",
          "exp",
          "expm1",
          "log",
          "log10",
          "log1p",
          "pow",
          "cbrt",
          "hypot",
          "sin",
          "cos",
          "tan",
          "atan2",
        ].map((property) => ({ object: "Math", property, message: "Use tools/lab/maths.ts or chance.ts." })),
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "BinaryExpression[operator='**']:not([right.bigint])",
          message: "Use power of tools/lab/maths.ts.",
        },
      ],
    },
  },
  {
    // `declare global` needs `var`.
    files: ["src/setup/curve.ts"],
    rules: { "no-var": "off" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // Chai's assertions may be properties, such as `.to.be.reverted`.
      "@typescript-eslint/no-unused-expressions": "off",
      "no-restricted-properties": [
        "error",
        ...["closeTo", "approximately"].map((property) => ({
          property,
          message: "Hardhat's matchers, once loaded, refuse fractions: use expectClose.",
        })),
      ],
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
  },
);
