// Runs the README's examples of the stand-in alone from Node: node run.mjs README.md. `mock-claude` is on PATH.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const readme = readFileSync(process.argv[2], "utf8");
const section = readme.split("## Only the stand-in\n")[1].split("\n## ")[0];
const exports = {};
let count = 0;

for (const [, kind, text] of section.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
  const [language, file] = kind.split(" ");
  if (file) {
    writeFileSync(file, text);
  } else if (language === "console") {
    for (const [, command, expected] of text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      if (command.startsWith("export ")) {
        for (const pair of command.split(" ").slice(1)) exports[pair.split("=")[0]] = pair.split("=")[1];
        continue;
      }
      const env = { ...process.env, ...exports };
      const done = spawnSync("sh", ["-c", command], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      // An error is said on stderr, and once more where clients hide that.
      const said = (done.status === 70 ? done.stderr : done.stdout) + (done.status ? `[exit code ${done.status}]\n` : "");
      assert.equal(said, expected, `$ ${command}\n${said}${done.stderr}`);
      count += 1;
    }
  } else if (language === "js") {
    const done = spawnSync(process.execPath, ["--input-type=module", "-e", text], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    count += 1;
  }
}

console.log(`${count} examples`);
