// Loads Pyodide, shows it this machine's folders and environment, and hands over to start.py.
//
// Called by tools/wasm-python. The exit status is the script's own. A run that ends anywhere but in start.py
// (an event loop run dry, a crash of the interpreter, an error thrown in JavaScript) is status 1 and a sentence.

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { loadPyodide } from "pyodide";

const root = path.resolve(import.meta.dirname, "../..");
const installed = path.join(root, ".venv/wasm");

// The interpreter's own folders; every other folder of this machine appears at its own path.
const PYODIDE_OWN = new Set(["dev", "lib", "proc", "sys"]);

let ended = false;

function end(status) {
  ended = true;
  process.exit(status);
}

function die(reason) {
  if (reason?.name === "Exit") end(reason.status); // Pyodide's name for os._exit().
  // Only the message: a stack would quote Pyodide's source, which is a single line of a megabyte.
  const message = String(reason?.message ?? reason).trim();
  fs.writeSync(2, `wasm-python: the run died in JavaScript: ${message}\n`);
  end(1);
}

function mountMachine(FS) {
  for (const entry of fs.readdirSync("/", { withFileTypes: true })) {
    const place = `/${entry.name}`;
    if (PYODIDE_OWN.has(entry.name)) continue;
    if (entry.isSymbolicLink()) FS.symlink(fs.readlinkSync(place), place);
    if (entry.isDirectory()) {
      FS.mkdirTree(place);
      FS.mount(FS.filesystems.NODEFS, { root: place }, place);
    }
  }
}

function standardLibrary() {
  // Compiled by precompile.py during set-up: it loads three times faster than the one from npm.
  const compiled = path.join(installed, "python_stdlib.zip");
  return fs.existsSync(compiled) ? compiled : undefined;
}

process.on("uncaughtException", die);
process.on("exit", () => {
  if (!ended) die("nothing was left to wait for, but the script had not ended");
});

const pyodide = await loadPyodide({
  env: { ...process.env, PYTHONUNBUFFERED: "1" },
  stdLibURL: standardLibrary(),
  fsInit: async (FS) => {
    mountMachine(FS);
    FS.chdir(process.cwd());
  },
});

const start = path.join(root, "tools/wasm/start.py");
const globals = pyodide.toPy({
  __name__: "wasm_python",
  argv: process.argv.slice(2),
  importable: [path.join(root, "build/wasm"), path.join(installed, "lib")],
});
pyodide.runPython(fs.readFileSync(start, "utf8"), { filename: start, globals });
end(await pyodide.runPythonAsync("run(argv, importable)", { globals }));
