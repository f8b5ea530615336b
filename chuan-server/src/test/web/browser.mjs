// A Chromium for the tests: the one that is installed, or that CHROMIUM names.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const executable = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"].find(p => p && existsSync(p));

export const launch = () => chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"] });
