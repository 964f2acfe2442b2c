providers.tiktok = tag => {
  const url = 'https://analytics.tiktok.com/i18n/pixel/events.js';
  window.TiktokAnalyticsObject = 'ttq';
  const ttq = window.ttq = window.ttq || [];
  const later = (target, name) => {
    target[name] = function () { target.push([name, ...arguments]); };
  };
  const methods = ['page', 'track', 'identify', 'instances', 'debug', 'on', 'off', 'once', 'ready', 'alias', 'group',
    'enableCookie', 'disableCookie', 'holdConsent', 'revokeConsent', 'grantConsent'];
  for (const name of methods) if (!ttq[name]) later(ttq, name);
  ttq.methods = methods;
  ttq.setAndDefer = later;
  ttq.instance = id => {
    const one = ttq._i[id] || [];
    for (const name of methods) later(one, name);
    return one;
  };
  ttq._i = ttq._i || {};
  ttq._i[tag] = [];
  ttq._i[tag]._u = url;
  ttq._t = ttq._t || {};
  ttq._t[tag] = Date.now();
  ttq._o = ttq._o || {};
  ttq._o[tag] = {};
  ttq.page();
  return load(url + '?sdkid=' + encodeURIComponent(tag) + '&lib=ttq');
};
