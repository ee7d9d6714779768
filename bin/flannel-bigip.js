#!/usr/bin/env node
const { start } = await import('../dist/start.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/dist.start\.js/.test(error.message)) throw error;
  console.error('error: flannel-bigip is not built yet; run npm ci first');
  process.exit(1);
});

await start();
