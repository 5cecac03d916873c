// SPDX-License-Identifier: MIT
// VitePress finds its configuration by this name; the compiler and ESLint find it outside a folder with a dot.
export { default } from "../config.ts";
