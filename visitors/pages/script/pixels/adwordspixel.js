providers.adwordspixel = tag => {
  // An account alone remarkets; with a label behind a slash it is a conversion.
  const full = tag.startsWith('AW-') ? tag : 'AW-' + tag;
  const account = full.split('/')[0];
  gtag('js', new Date());
  gtag('config', account);
  if (full !== account) gtag('event', 'conversion', {send_to: full});
  return load('https://www.googletagmanager.com/gtag/js?id=' + encodeURIComponent(account));
};
