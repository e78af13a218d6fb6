// A child: what it sees of itself, and what its own children become.
const { spawnSync } = require('node:child_process')
const { join } = require('node:path')

const leaf = join(__dirname, 'leaf.cjs')
const { ELECTRON_RUN_AS_NODE: _, ...without } = process.env
const run = (program, env) => {
  const it = spawnSync(program, [leaf], { env, encoding: 'utf8' })
  return it.error ? it.error.message : it.stdout.trim()
}
const electron = () => {
  try { return typeof require('electron') } catch (error) { return error.code }
}
const report = {
  execPath: process.execPath,
  argv: process.argv,
  execArgv: process.execArgv,
  version: typeof process.versions.electron,
  variable: process.env.ELECTRON_RUN_AS_NODE ?? 'absent',
  channel: process.send ? 'process.send' : process.parentPort ? 'process.parentPort' : 'none',
  electron: electron(),
  resourcesPath: typeof process.resourcesPath,
  type: process.type ?? 'undefined',
  grandchild: run(process.execPath, process.env),
  without: run(process.execPath, without),
  'by name': run('node', { ...process.env, PATH: '/nonexistent' })
}
console.log(JSON.stringify(report))
// Its parent ends it after the answer.
if (process.parentPort) {
  process.parentPort.on('message', ({ data }) => process.parentPort.postMessage(`${data} pong`))
} else if (process.send) {
  process.on('message', (data) => process.send(`${data} pong`))
}
