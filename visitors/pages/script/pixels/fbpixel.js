providers.fbpixel = tag => {
  const fbq = queued('fbq', 'callMethod', 'queue');
  window._fbq = window._fbq || fbq;
  fbq.push = fbq;
  fbq.loaded = true;
  fbq.version = '2.0';
  fbq('init', tag);
  fbq('track', 'PageView');
  return load('https://connect.facebook.net/en_US/fbevents.js');
};
