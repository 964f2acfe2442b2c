providers.twitterpixel = tag => {
  const twq = queued('twq', 'exe', 'queue');
  twq.version = '1.1';
  twq('config', tag);
  return load('https://static.ads-twitter.com/uwt.js');
};
