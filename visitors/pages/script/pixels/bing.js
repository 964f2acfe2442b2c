providers.bing = tag => load('https://bat.bing.com/bat.js').then(() => {
  // bat.js queues nothing before it has loaded.
  if (!window.UET) return;
  const uetq = window.uetq = new window.UET({ti: tag, q: window.uetq || []});
  uetq.push('pageLoad');
});
