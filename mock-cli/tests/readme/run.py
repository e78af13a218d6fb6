"""Runs the README's examples of the stand-in alone from Python: python3 run.py README.md. `mock-claude` is on PATH."""

import pathlib
import re
import subprocess
import sys

readme = pathlib.Path(sys.argv[1]).read_text()
section = readme.split("## Only the stand-in\n")[1].split("\n## ")[0]
exports, count = {}, 0

for kind, text in re.findall(r"^```(.*)\n([\s\S]*?)^```$", section, re.M):
    language, _, file = kind.partition(" ")
    if file:
        pathlib.Path(file).write_text(text)
    elif language == "console":
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
            if command.startswith("export "):
                exports.update(pair.split("=") for pair in command.split()[1:])
                continue
            script = "".join(f"export {k}={v}; " for k, v in exports.items()) + command
            done = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            # An error is said on stderr, and once more where clients hide that.
            code = done.returncode
            said = (done.stderr if code == 70 else done.stdout) + (f"[exit code {code}]\n" if code else "")
            assert said == expected, f"$ {command}\n{said}instead of\n{expected}{done.stderr}"
            count += 1
    elif language == "python":
        subprocess.run([sys.executable, "-c", text], check=True)
        count += 1

print(f"{count} examples")
