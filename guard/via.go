package guard

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
)

// via reaches every address at one origin.
type via struct {
	origin *url.URL
	dialer net.Dialer
	roots  *x509.CertPool // nil: the system's
}

// RoundTrip implements http.RoundTripper.
func (v *via) RoundTrip(r *http.Request) (*http.Response, error) {
	there := r.Clone(r.Context())
	there.URL.Scheme = v.origin.Scheme
	resp, err := (&http.Transport{
		DialContext:            v.dial,
		DialTLSContext:         v.dialTLS,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}).RoundTrip(there)
	if err == nil {
		// A relative location is one of the address that was asked for.
		resp.Request = r
	}
	return resp, err
}

// dial connects to the origin, whatever the address.
func (v *via) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	port := "80"
	if v.origin.Scheme == "https" {
		port = "443"
	}
	return v.dialer.DialContext(ctx, network, net.JoinHostPort(v.origin.Hostname(), cmp.Or(v.origin.Port(), port)))
}

// dialTLS connects to the origin as the host that is asked for, and where it has
// no certificate of that one, as the origin itself: a domain that DNS does not
// lead there yet, or no more, may have none.
func (v *via) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := v.handshake(ctx, network, host)
	if err == nil || ctx.Err() != nil {
		return conn, err
	}
	if own, second := v.handshake(ctx, network, v.origin.Hostname()); second == nil {
		return own, nil
	}
	return nil, err
}

func (v *via) handshake(ctx context.Context, network, name string) (net.Conn, error) {
	conn, err := v.dial(ctx, network, "")
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: v.roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}
