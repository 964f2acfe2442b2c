package guard

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Answer is what an address answers.
type Answer struct {
	Status int
	Header http.Header

	// Location is where a redirect leads, as an absolute URL; empty where the
	// answer is none.
	Location string

	// Body is its beginning.
	Body []byte
}

// Open asks for an address as a visitor with the given header does, and follows
// no redirect. Whatever the status, the answer is no error. At most limit bytes
// of the body are read; the rest is left.
func (c *Client) Open(ctx context.Context, method, address string, header http.Header, limit int64) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := c.send(ctx, method, address, header, c.http.Transport.RoundTrip)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Location: location(resp)}
	if a.Body, err = io.ReadAll(io.LimitReader(resp.Body, limit)); err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	return a, nil
}

// location returns where a redirect leads, as an absolute URL, and empty where
// an answer is none.
func location(resp *http.Response) string {
	to, err := resp.Location()
	if resp.StatusCode < 300 || resp.StatusCode > 399 || err != nil {
		return ""
	}
	return to.String()
}
