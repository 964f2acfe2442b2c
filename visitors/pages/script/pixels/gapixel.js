providers.gapixel = tag => {
  gtag('js', new Date());
  gtag('config', tag, {transport_type: 'beacon'});
  return load('https://www.googletagmanager.com/gtag/js?id=' + encodeURIComponent(tag));
};
