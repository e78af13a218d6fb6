// What makes a Node look like an Electron process: as measured in Electron 25 (ENVIRONMENTS.md 4.1), and as its documentation
// says of utilityProcess. `mode` (node, utility or main) and `config` are defined before this.
const childProcess = require('node:child_process')
const { EventEmitter } = require('node:events')
const fs = require('node:fs')
const Module = require('node:module')
const path = require('node:path')

process.execPath = config.shim
process.argv[0] = config.shim
// A fork() of this process hands its options on; this one is not the app's.
const own = process.execArgv.indexOf(__filename)
if (own > 0) process.execArgv = process.execArgv.filter((_, i) => i !== own && i !== own - 1)
const fixed = (object, name, value) => Object.defineProperty(object, name, { value, enumerable: true, configurable: true })
fixed(process.versions, 'electron', config.version)

const offer = (electron) => {
  const load = Module._load
  Module._load = function (request, ...rest) {
    return request === 'electron' || request === 'node:electron' ? electron : load.call(this, request, ...rest)
  }
}

// Electron's own fork() puts the variable on every child, also where the app gave an environment without it.
const fork = childProcess.fork
childProcess.fork = (module, ...rest) => {
  const args = Array.isArray(rest[0]) ? rest.shift() : []
  const options = rest[0] ?? {}
  const env = { ...(options.env ?? process.env), ELECTRON_RUN_AS_NODE: '1' }
  return fork(module, args, { execPath: mode === 'node' ? config.shim : config.helper, ...options, env })
}

if (mode === 'node') {
  // Both are undefined in a forked child.
  delete process.resourcesPath
  delete process.type
} else {
  fixed(process, 'resourcesPath', config.resources)
}

if (mode === 'utility') {
  fixed(process, 'type', 'utility')
  const { channel } = process
  const send = process.send?.bind(process)
  const port = new EventEmitter()
  port.postMessage = (message) => { send?.(message) }
  port.start = port.pause = () => {}
  process.on('message', (data) => port.emit('message', { data, ports: [] }))
  // The browser process holds the other end of its pipe; without it a utility process dies, whatever it is doing.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  // It may end by itself unless it listens.
  channel?.unref()
  port.on('newListener', (name) => { if (name === 'message') channel?.ref() })
  // What is left of them, Node's own send needs.
  for (const name of ['send', 'disconnect']) delete process[name]
  fixed(process, 'parentPort', port)
  offer({})
}

class UtilityProcess extends EventEmitter {
  #child
  constructor (module, args, { env = process.env, cwd, stdio = 'inherit', execArgv = [] }) {
    super()
    const [, out, err] = Array.isArray(stdio) ? stdio : [null, stdio, stdio]
    const flags = ['--type=utility', '--utility-sub-type=node.mojom.NodeService', ...execArgv]
    // stdin is always ignored.
    this.#child = childProcess.spawn(config.helper, [...flags, module, ...args], {
      env, cwd, stdio: ['ignore', out, err, 'ipc'], serialization: 'advanced'
    })
    this.#child.on('spawn', () => this.emit('spawn'))
    this.#child.on('message', (message) => this.emit('message', message))
    this.#child.on('exit', (code) => { this.#child.exited = true; this.emit('exit', code ?? 1) })
    this.stdout = this.#child.stdout
    this.stderr = this.#child.stderr
  }
  get pid () { return this.#child.exited ? undefined : this.#child.pid }
  postMessage (message) { this.#child.send(message) }
  kill () { return this.#child.kill() }
}

if (mode === 'main') {
  fixed(process, 'type', 'browser')
  fixed(process, 'helperExecPath', config.helper)
  // A packaged app is not told its own script.
  process.argv.splice(1, 1)
  const app = new EventEmitter()
  let ready = false
  const whenReady = new Promise((resolve) => setImmediate(() => {
    ready = true
    app.emit('ready')
    resolve()
  }))
  const home = process.env.HOME
  const data = process.platform === 'darwin' ? path.join(home, 'Library/Application Support') : path.join(home, '.config')
  const places = { home, appData: data, userData: path.join(data, config.name), temp: require('node:os').tmpdir(), exe: config.shim }
  const isFirst = () => fs.readFileSync(config.first, 'utf8') === String(process.pid)
  Object.assign(app, {
    isPackaged: true,
    name: config.name,
    getName: () => config.name,
    getVersion: () => '1.0.0',
    getAppPath: () => path.join(config.resources, 'app.asar'),
    getPath: (name) => {
      if (!(name in places)) throw new Error(`Failed to get '${name}' path`)
      return places[name]
    },
    isReady: () => ready,
    whenReady: () => whenReady,
    requestSingleInstanceLock: isFirst,
    hasSingleInstanceLock: isFirst,
    releaseSingleInstanceLock: () => {},
    exit: (code = 0) => process.exit(code),
    quit: () => {
      let stays = false
      for (const name of ['before-quit', 'will-quit']) {
        app.emit(name, { preventDefault: () => { stays = true } })
        if (stays) return
      }
      app.emit('quit', {}, 0)
      process.exit(0)
    }
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, app.quit)
  // An app without windows runs until it quits.
  setInterval(() => {}, 2 ** 30)
  const utilityProcess = { fork: (module, args = [], options = {}) => new UtilityProcess(module, args, options) }
  offer({ app, utilityProcess })
}
