// SPDX-License-Identifier: MIT
import type { Rule } from "eslint";

export declare const throwsTag: Rule.RuleModule;
