console.log('Node')
