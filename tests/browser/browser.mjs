// Looks at pages in a real Chromium. Reads what to do as JSON from standard input, writes what it found
// as JSON to standard output: {"do": a name of `tasks`, "base": URL, "pages": [{name, path, status, fill, press}], ...}

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const asked = JSON.parse(readFileSync(0, "utf8"));
const WIDTHS = { phone: 390, wide: 1360 };
const SCHEMES = ["light", "dark"];

const browser = await chromium.launch({
  executablePath: asked.chromium,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
});

// Goes to a page, and through its form where that is how the page comes about.
async function visit(page, one) {
  const answer = await page.goto(asked.base + one.path, { waitUntil: "load" });
  if (!one.press) return answer;
  for (const [selector, value] of Object.entries(one.fill ?? {})) await page.fill(selector, value);
  const [next] = await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(one.press)]);
  return next;
}

async function each(todo, { bypassCSP = false, pages = asked.pages, cookies = asked.cookies } = {}) {
  for (const [size, width] of Object.entries(WIDTHS)) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({
        viewport: { width, height: 900 }, colorScheme, bypassCSP,
        reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC",
      });
      if (cookies) await context.addCookies(cookies);
      const page = await context.newPage();
      for (const one of pages) {
        const answer = await visit(page, one);
        await todo(page, one, `${size}-${colorScheme}`, answer);
      }
      await context.close();
    }
  }
}

const tasks = {
  // No violation of WCAG A and AA, nor of best practices, in any size and colour; nothing wider than the page.
  async axe(which = {}) {
    const found = [];
    await each(async (page, one, how, answer) => {
      if (answer.status() !== (one.status ?? 200)) found.push(`${one.path} (${how}): status ${answer.status()}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      for (const { id, nodes } of violations) {
        found.push(`${one.path} (${how}): ${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} – ${node.failureSummary}`).join(" | ")}`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) found.push(`${one.path} (${how}): ${wide} pixels wider than the window`);
    }, { bypassCSP: true, ...which });
    return found;
  },

  // Messages of the console: a style or a script that the policy stops would be among them.
  async quiet() {
    const found = [];
    await each(async (page, one) => {
      const listen = (message) => { if (["error", "warning"].includes(message.type())) found.push(`${one.path}: ${message.text()}`); };
      page.on("console", listen);
      page.on("pageerror", (error) => found.push(`${one.path}: ${error}`));
      await visit(page, one);
      page.off("console", listen);
    });
    return found.filter((line) => !/status of (401|403|404|410|422)/.test(line));
  },

  async shots() {
    await each(async (page, one, how) => {
      await page.screenshot({ path: `${asked.folder}/${one.name}-${how}.png`, fullPage: true });
    });
    return [];
  },

  // The main ways by keyboard alone.
  async keys() {
    const found = [];
    const check = (holds, what) => { if (!holds) found.push(what); };
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: asked.base });
    const page = await context.newPage();
    const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim());

    await page.goto(`${asked.base}/`);
    await page.keyboard.press("Tab");
    check(await focused() === "Skip to content", `the first stop is the skip link, not ${await focused()}`);
    await page.keyboard.press("Enter");
    check(await focused() === "main", `the skip link leads to the content, not to ${await focused()}`);

    await page.goto(`${asked.base}/`);
    await page.focus("#search");
    await page.keyboard.type("splu");
    await page.waitForSelector("#suggestions li");
    await page.keyboard.press("ArrowDown");
    check(await page.getAttribute("#search", "aria-activedescendant") === "suggestions-0", "the first suggestion is chosen");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/plugins/fapilog-splunk/");

    await page.goto(`${asked.base}/`);
    await page.focus("#search");
    await page.keyboard.type("kafka");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/plugins/?q=kafka");
    check((await page.textContent(".entries a")) === "fapilog-kafka", "Enter searches");

    await page.goto(`${asked.base}/plugins/fapilog-splunk/`);
    await page.focus(".install .tab-pip");
    await page.keyboard.press("ArrowRight");
    check(await page.isVisible(".install .body-uv"), "arrow keys change the tab");
    check(!(await page.isVisible(".install .body-pip")), "one tab shows at a time");
    await page.click(".install .body-uv .copy");
    await page.waitForFunction(() => document.querySelector(".install .body-uv .copy").textContent === "Copied");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    check(copied.startsWith("uv add fapilog-splunk"), `what is copied is ${copied}`);
    await context.close();
    return found;
  },

  // The same without any script.
  async scriptless() {
    const found = [];
    const check = (holds, what) => { if (!holds) found.push(what); };
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${asked.base}/`);
    await page.fill("#search", "splunk");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/plugins/?q=splunk");
    await page.click(".entries a");
    await page.waitForURL("**/plugins/fapilog-splunk/");
    check(await page.isVisible(".install .body-pip"), "the first tab shows");
    await page.click(".install label:has(.tab-requirements)");
    check(await page.isVisible(".install .body-requirements"), "tabs change");
    check(!(await page.isVisible(".copy")), "no button that does nothing");
    await page.goto(`${asked.base}/plugins/`);
    await page.click(".facets a >> nth=0");
    check(page.url().includes("?"), "facets narrow down");
    await page.goto(`${asked.base}/sign-in`);
    check(await page.isVisible("text=With script, a passkey signs you in too"), "passkeys need script");
    check(!(await page.isVisible("text=Sign in with a passkey")), "no button for passkeys that does nothing");
    await context.close();
    return found;
  },

  // A passkey from adding to removing, with an authenticator that Chromium plays.
  async passkeys() {
    const found = [];
    const check = (holds, what) => { if (!holds) found.push(what); };
    const password = "a horse that nobody would guess";
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20000);
    page.on("pageerror", (error) => found.push(String(error)));
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    } });
    const press = (name) => page.getByRole("button", { name, exact: true }).click();
    const leave = async () => {
      await page.goto(`${asked.base}/account`);
      await press("Sign out");
      await page.waitForURL("**/sign-in?done=signed-out");
    };
    const lookAt = async (path) => {
      const cookies = await context.cookies();
      found.push(...await tasks.axe({ pages: [{ path }], cookies }));
    };

    await page.goto(`${asked.base}/sign-up`);
    await page.fill("#name", "katherine");
    await page.fill("#password", password);
    await press("Make the account");
    await page.waitForURL("**/account?done=account");

    await page.goto(`${asked.base}/account/passkeys`);
    await page.fill("#name", "laptop");
    await page.fill("#password", "not the password");
    await press("Add the passkey");
    await page.waitForSelector(".failure:not([hidden])");
    check((await page.textContent(".failure")).includes("password is wrong"), "a wrong password is told of before anything is made");
    await page.fill("#password", password);
    await press("Add the passkey");
    await page.waitForSelector("text=Keep these recovery codes");
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    check(credentials.length === 1 && credentials[0].isResidentCredential && credentials[0].rpId === "localhost", "the authenticator keeps the passkey, to be found without a name");
    await lookAt("/account/passkeys");

    await page.goto(`${asked.base}/account/passkeys`);
    await page.fill("#name", "laptop");
    await page.fill("#password", password);
    await press("Add the passkey");
    await page.waitForSelector(".failure:not([hidden])");
    check((await page.textContent(".failure")).includes("already"), "one authenticator keeps one passkey of an account");

    await leave();
    await page.goto(`${asked.base}/sign-in?next=/account/passkeys`);
    await press("Sign in with a passkey");
    await page.waitForURL("**/account/passkeys");
    check(!(await page.textContent(".table")).includes("never"), "its use is noted");

    await leave();
    await page.fill("#name", "katherine");
    await page.fill("#password", password);
    await press("Sign in");
    await page.waitForURL("**/sign-in/second-factor*");
    await lookAt("/sign-in/second-factor");
    await press("Use your passkey");
    await page.waitForURL("**/account");

    await leave();
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await press("Sign in with a passkey");
    await page.waitForSelector(".failure:not([hidden])");
    check((await page.textContent(".failure")).includes("No passkey was used"), "nobody gets in whom the device does not know");
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await press("Sign in with a passkey");
    await page.waitForURL("**/account");

    await page.goto(`${asked.base}/account/passkeys`);
    await page.fill("#remove_password", password);
    await press("Remove the passkey");
    await page.waitForURL("**/account/passkeys?done=passkey-off");
    await leave();
    await press("Sign in with a passkey");
    await page.waitForSelector("text=The passkey was not accepted");
    await context.close();
    return found;
  },
};

try {
  process.stdout.write(JSON.stringify(await tasks[asked.do]()));
} finally {
  await browser.close();
}
