// Fetches the libraries that the page ships with, as they are in the npm registry, and copies the
// files that it uses into web/vendor. Each package is pinned by version and by the registry's own
// SHA-512; the SHA-256 of every copied file is written to vendor/files.json, which a test compares.
//
//   node vendor.mjs          fetch, check, copy
//   node vendor.mjs --check  only compare vendor/ with files.json (no network)
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const vendor = join(here, "../../main/resources/web/vendor");

const languages = ["bash", "cpp", "diff", "go", "java", "javascript", "json", "python", "sql", "xml", "yaml"];

/** name, version, licence, SHA-512 of the tarball, files: from → to */
export const packages = [
  { name: "marked", version: "18.2.1", licence: "MIT", integrity: "sha512-ii4bxCTCqqwpT86XZWgJNs+ZnAIZksmLGYMViWA7PDIXYIeNo1x6cDdX3JOip9NM/cI6p8z57FxliACboTruMA==",
    files: { "lib/marked.esm.js": "marked.js", LICENSE: "LICENSE-marked.txt" } },
  { name: "dompurify", version: "3.4.18", licence: "Apache-2.0", integrity: "sha512-ofe3wI/uNm68HInABYFJYqQxRw1EaKAjNdrFVKqjUY+UZurvNd2L/HuQe097s/4RivWiZyP6tT7aoT8atjfhwg==",
    files: { "dist/purify.min.js": "purify.js", LICENSE: "LICENSE-dompurify.txt" } },
  { name: "lit-html", version: "3.3.3", licence: "BSD-3-Clause", integrity: "sha512-el8M6jK2o3RXBnrSHX3ZKrsN8zEV63pSExTO1wYJz7QndGYZ8353e2a5PPX+qHe2aGayfnchQmkAojaWAREOIA==",
    files: { "lit-html.js": "lit/lit-html.js", "directive.js": "lit/directive.js",
      "directive-helpers.js": "lit/directive-helpers.js", "directives/repeat.js": "lit/directives/repeat.js",
      "directives/guard.js": "lit/directives/guard.js", LICENSE: "LICENSE-lit.txt" } },
  { name: "@highlightjs/cdn-assets", version: "11.12.0", licence: "BSD-3-Clause", integrity: "sha512-KvOKXODaiFmId9xaq3xc5xCL66wVLUuOngDbO9B/kewbFTqdGbn2nJxNhN3H5R1cgDTVj6R8vH0zgiNDEGjpDw==",
    files: { "es/core.min.js": "hljs/core.js", LICENSE: "LICENSE-highlight.txt",
      ...Object.fromEntries(languages.map(l => [`es/languages/${l}.min.js`, `hljs/${l}.js`])) } },
];

const hash = (algorithm, file, form) => createHash(algorithm).update(readFileSync(file)).digest(form);

const list = folder => readdirSync(folder, { withFileTypes: true })
  .flatMap(e => e.isDirectory() ? list(join(folder, e.name)) : [join(folder, e.name)]);

export const sums = () => Object.fromEntries(list(vendor).map(f => [relative(vendor, f), f])
  .filter(([name]) => name !== "files.json").sort(([a], [b]) => a < b ? -1 : 1)
  .map(([name, f]) => [name, hash("sha256", f, "hex")]));

export const recorded = () => JSON.parse(readFileSync(join(vendor, "files.json"), "utf8"));

function fetchAll() {
  rmSync(vendor, { recursive: true, force: true });
  const scratch = mkdtempSync(join(tmpdir(), "vendor-"));
  try {
    for (const { name, version, integrity, files } of packages) {
      const file = execFileSync("npm", ["pack", "--silent", `${name}@${version}`], { cwd: scratch, encoding: "utf8" }).trim();
      const found = "sha512-" + hash("sha512", join(scratch, file), "base64");
      if (found !== integrity) throw new Error(`${name}@${version} is not what it was: ${found}`);
      execFileSync("tar", ["xzf", file], { cwd: scratch });
      for (const [from, to] of Object.entries(files)) {
        mkdirSync(dirname(join(vendor, to)), { recursive: true });
        copyFileSync(join(scratch, "package", from), join(vendor, to));
      }
      rmSync(join(scratch, "package"), { recursive: true });
    }
    writeFileSync(join(vendor, "files.json"), JSON.stringify(sums(), null, 1) + "\n");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== "--check") fetchAll();
  if (JSON.stringify(sums()) !== JSON.stringify(recorded())) {
    console.error("web/vendor differs from files.json: run vendor.mjs");
    process.exit(1);
  }
  console.log(`${Object.keys(recorded()).length} vendored files are what they should be`);
}
