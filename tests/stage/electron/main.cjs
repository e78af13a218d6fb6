// The app's main process: starts children in every way there is, and writes down what each says of itself.
const { app, utilityProcess } = require('electron')
const { fork, spawn } = require('node:child_process')
const { renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const who = join(__dirname, 'who.cjs')
const { ELECTRON_RUN_AS_NODE: _, ...plain } = process.env
const asNode = { ...plain, ELECTRON_RUN_AS_NODE: '1' }

const event = (source, name) => new Promise((resolve) => source.on(name, resolve))
const output = async (child) => {
  let text = ''
  child.stdout.on('data', (data) => { text += data })
  await Promise.all([event(child, 'exit'), event(child.stdout, 'close')])
  return text.trim()
}
// Whole or not at all.
const write = (value) => {
  writeFileSync(`${process.env.PROBE_OUT}.part`, JSON.stringify(value))
  renameSync(`${process.env.PROBE_OUT}.part`, process.env.PROBE_OUT)
}

const ways = {
  fork: () => fork(who, ['an argument'], { env: plain, silent: true }),
  utility: () => utilityProcess.fork(who, ['an argument'], { stdio: 'pipe' }),
  plain: () => spawn(process.execPath, [who], { env: plain }),
  'as node': () => spawn(process.execPath, [who, 'an argument'], { env: asNode })
}

const table = async () => {
  const rows = { main: { execPath: process.execPath, type: process.type, helper: process.helperExecPath } }
  for (const [way, start] of Object.entries(ways)) {
    const child = start()
    // The channels, both ways.
    if (way === 'fork' || way === 'utility') {
      const answer = new Promise((resolve) => child.on('message', (message) => {
        resolve(message)
        child.kill()
      }))
      child.on('spawn', () => way === 'fork' ? child.send('ping') : child.postMessage('ping'))
      const [text, message] = await Promise.all([output(child), answer])
      rows[way] = text
      rows[`${way} channel`] = message
    } else {
      rows[way] = await output(child)
    }
  }
  write(rows)
  app.quit()
}

// Without questions: which way gives a process that runs the script at all?
const justWays = async () => {
  const rows = {}
  for (const [way, start] of Object.entries(ways)) {
    const child = start()
    if (way === 'utility') {
      child.on('spawn', () => child.postMessage('ping'))
      child.on('message', () => child.kill())
    }
    const text = await output(child)
    rows[way] = way === 'utility' ? JSON.parse(text) : text
  }
  write(rows)
  app.quit()
}

const linger = () => {
  const forked = fork(join(__dirname, 'linger.cjs'))
  const utility = utilityProcess.fork(join(__dirname, 'linger.cjs'))
  Promise.all([event(forked, 'message'), event(utility, 'message')]).then(() => write({ forked: forked.pid, utility: utility.pid }))
}

if (!app.requestSingleInstanceLock()) {
  process.stdout.write('a second app instance\n')
  app.exit(0)
} else {
  app.whenReady().then({ linger, table, ways: justWays }[process.env.PROBE_MODE])
}
