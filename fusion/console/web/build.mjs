// Builds the console into dist/ (hashed names, licences, index.html), or builds and runs its unit tests (--tests).
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist");

const shared = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".woff2": "file", ".geojson": "json" },
  logLevel: "warning",
};

/** The licence texts of every package that went into the bundle, as their licences ask. */
function licences(inputs) {
  const packages = new Set();
  for (const path of inputs) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (found) packages.add(found[1]);
  }
  return [...packages].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}\n`;
  }).join(`\n${"-".repeat(80)}\n\n`);
}

async function build() {
  rmSync(out, { recursive: true, force: true });
  const result = await esbuild.build({
    ...shared,
    entryPoints: { app: "src/main.tsx", style: "src/style.css" },
    outdir: out,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    splitting: true,
    minify: true,
    sourcemap: false,
    target: ["es2022", "chrome110", "firefox115", "safari16"],
    metafile: true,
    legalComments: "none",
  });
  const outputs = Object.entries(result.metafile.outputs);
  const named = (entry) => outputs.find(([, made]) => made.entryPoint === entry)[0].split("/").pop();
  const page = readFileSync(join(here, "src", "index.html"), "utf8")
    .replace("%SCRIPT%", `/static/${named("src/main.tsx")}`)
    .replace("%STYLE%", `/static/${named("src/style.css")}`);
  writeFileSync(join(out, "licences.txt"), licences(Object.keys(result.metafile.inputs)));
  writeFileSync(join(out, "index.html"), page);
}

async function tests() {
  const made = join(here, "node_modules", ".cache", "tests");
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  const files = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
  await esbuild.build({
    ...shared,
    entryPoints: files.map((name) => join("test", name)),
    outdir: made,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: "node18",
    packages: "external",
    sourcemap: "inline",
  });
  const built = readdirSync(made).filter((name) => name.endsWith(".mjs")).map((name) => join(made, name));
  process.exitCode = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], { stdio: "inherit" }).status ?? 1;
}

if (!existsSync(join(here, "node_modules"))) throw new Error("run `npm ci` first (make does)");
await (process.argv.includes("--tests") ? tests() : build());
