// What a page or a script of a user does: loads Pyodide, lets micropip install, runs a program.
//
// Under Node: `node install.mjs PYODIDE_FOLDER MICROPIP_URL < PROGRAM`. In a browser, install.html calls `run`.

export async function run(loadPyodide, micropip, program) {
  const pyodide = await loadPyodide();
  await pyodide.loadPackage(micropip, { messageCallback: () => {} });
  return await pyodide.runPythonAsync(program);
}

if (globalThis.process) {
  const { readFileSync } = await import("node:fs");
  const { pathToFileURL } = await import("node:url");
  const [folder, micropip] = process.argv.slice(2);
  const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
  try {
    console.log(await run(loadPyodide, micropip, readFileSync(0, "utf8")));
  } catch (error) {
    // Only the message: Node would quote the line of Pyodide's source, which is a megabyte long.
    console.error(error.message);
    process.exitCode = 1;
  }
}
