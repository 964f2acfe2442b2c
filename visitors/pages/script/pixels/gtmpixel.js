providers.gtmpixel = tag => {
  window.dataLayer = window.dataLayer || [];
  window.dataLayer.push({'gtm.start': Date.now(), event: 'gtm.js'});
  return load('https://www.googletagmanager.com/gtm.js?id=' + encodeURIComponent(tag));
};
