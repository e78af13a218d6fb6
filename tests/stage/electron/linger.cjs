// A child that never ends by itself.
setInterval(() => {}, 2 ** 30)
if (process.parentPort) process.parentPort.postMessage('ready')
else process.send('ready')
