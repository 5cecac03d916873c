// SPDX-License-Identifier: MIT
import { useRoute, withBase } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { nextTick, onMounted, watch } from "vue";

/** Draws the diagrams of a page (`<pre class="mermaid">`); Mermaid is loaded with the first one. */
async function drawDiagrams() {
  await nextTick();
  const { document } = globalThis;
  if (document.querySelector("pre.mermaid:not([data-processed])") === null) return;
  globalThis.mermaid ??= await loadMermaid();
  const isDark = document.documentElement.classList.contains("dark");
  globalThis.mermaid.initialize({ startOnLoad: false, theme: isDark ? "dark" : "neutral" });
  await globalThis.mermaid.run({ querySelector: "pre.mermaid" });
}

/** Adds the script that the build copies beside the pages. */
function loadMermaid() {
  const { document } = globalThis;
  const script = document.createElement("script");
  script.src = withBase("/mermaid.js");
  return new Promise((resolve, reject) => {
    script.onload = () => resolve(globalThis.mermaid);
    script.onerror = () => reject(new Error(`${script.src} is not there`));
    document.head.append(script);
  });
}

export default {
  extends: DefaultTheme,
  setup() {
    const route = useRoute();
    onMounted(drawDiagrams);
    watch(() => route.path, drawDiagrams, { flush: "post" });
  },
};
