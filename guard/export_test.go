package guard

import "crypto/x509"

// Trust has a client with Options.Via take certificates of the roots.
func (c *Client) Trust(roots *x509.CertPool) { c.http.Transport.(*via).roots = roots }
