// Loads pages in a browser at two widths and in both colour schemes, and prints what axe and html-validate find, as JSON.
// node look.mjs FOLDER-OF-NODE-MODULES BROWSER PAGE…
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, executablePath, ...pages] = process.argv.slice(2);
const require = createRequire(modules + "/");
const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const axe = readFileSync(require.resolve("axe-core"), "utf8");

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
const found = [];
for (const page of pages) {
  const report = await new HtmlValidate({ extends: ["html-validate:standard"] }).validateFile(page);
  for (const result of report.results) for (const one of result.messages) found.push({ page, tool: "html-validate", rule: one.ruleId, what: one.message });
  for (const width of [390, 768, 1280]) {
    for (const colorScheme of ["light", "dark"]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      tab.on("pageerror", (error) => found.push({ page, tool: "browser", rule: "error", what: String(error) }));
      await tab.goto(pathToFileURL(page).href);
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) found.push({ page, tool: "browser", rule: "too-wide", what: `${wide} of ${width} pixels` });
      const high = await tab.evaluate(() => document.documentElement.scrollHeight);
      if (width < 400 && high > Number(process.env.HIGHEST || Infinity)) found.push({ page, tool: "browser", rule: "too-high", what: `${high} pixels` });
      await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      await tab.evaluate(axe);
      const { violations } = await tab.evaluate(() => globalThis.axe.run());
      for (const one of violations) found.push({ page, tool: "axe", rule: one.id, impact: one.impact, what: one.nodes[0].html.slice(0, 200), where: `${width} ${colorScheme}` });
      if (process.env.SCREENSHOTS) {
        await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));
        await tab.screenshot({ path: `${process.env.SCREENSHOTS}/${page.split("/").pop()}-${width}-${colorScheme}.png`, fullPage: true });
      }
      await tab.close();
    }
  }
}
await browser.close();
console.log(JSON.stringify(found, null, 1));
