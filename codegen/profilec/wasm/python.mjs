// Loads Pyodide, shows it this machine's folders and environment, and hands over to start.py.
//
//     node python.mjs SETTINGS ARGUMENTS…
//
// SETTINGS is the JSON that interpreter.py writes; ARGUMENTS are those of `python`. The exit status is the
// program's own. A run that ends anywhere but in start.py (an event loop run dry, a crash of the interpreter, an
// error thrown in JavaScript) is status 1 and a sentence.

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const [settings, ...argv] = process.argv.slice(2);
const { pyodide: folder, library, importable, profilec, parent } = JSON.parse(settings);

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

// A program that computes never returns to this thread's event loop, so another thread looks whether whoever
// waits for this run is still there: nobody else could end it.
function endWith(parent) {
  const watch = `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, "SIGKILL"), 200)`;
  new Worker(watch, { eval: true }).unref();
}

process.on("uncaughtException", die);
process.on("exit", () => {
  if (!ended) die("nothing was left to wait for, but the script had not ended");
});

// The name of the interface has changed between Node 20 and 24.
if (!("Suspending" in WebAssembly || "Suspender" in WebAssembly)) {
  die(`Node ${process.version} cannot switch stacks in WebAssembly: Node 20 and newer can`);
}
if (parent) endWith(parent);
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const pyodide = await loadPyodide({
  env: { ...process.env, PYTHONUNBUFFERED: "1" },
  stdLibURL: library ?? undefined,
  fsInit: async (FS) => {
    mountMachine(FS);
    FS.chdir(process.cwd());
  },
});

const start = fileURLToPath(new URL("start.py", import.meta.url));
const globals = pyodide.toPy({ __name__: "wasm_python", argv, importable, profilec });
pyodide.runPython(fs.readFileSync(start, "utf8"), { filename: start, globals });
end(await pyodide.runPythonAsync("run(argv, importable, profilec)", { globals }));
