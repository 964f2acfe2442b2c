package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
)

// upstreamArgument makes the bench's own binary the upstream.
const upstreamArgument = "upstream"

// What the upstream answers. The second one is a site's reply to dglnkBody: it
// confirms whatever was asked for, so that nothing counts as dropped.
const (
	gempixelReply = `{"error":0,"id":3,"shorturl":"https://1mm.kr/google"}`
	dglnkReply    = `{"status":"success","link":{"type":"direct","title":"Not Google","description":"Description","hash":"oV5Ox",` +
		`"long_url":"https://google.com","expires_at":"2040-01-01 00:00:00","disabled":false,"user_id":1,"domain_id":null,"alias":null,` +
		`"has_password":false,"updated_at":"2019-08-21 13:33:17","created_at":"2019-08-21 13:33:17","id":80,"short_url":"https://sml.life/oV5Ox"}}`
)

// The paths of the upstream. The last one gives back what came in at the
// second one first.
const (
	gempixelPath = "/api/url/add"
	dglnkPath    = "/api/links/create"
	capturedPath = "/captured"
)

// upstream stands in for the backends: it does as little as a server can do, so
// that what is measured is what stands before it.
type upstream struct {
	captured atomic.Pointer[[]byte]
}

// serveUpstream serves on a free port, whose address it prints, until standard
// input ends: so it ends with whoever started it.
func serveUpstream(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is what counts, however it came
		_ = listener.Close()
	}()
	u := new(upstream)
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go u.serve(conn)
	}
}

func (u *upstream) serve(conn net.Conn) {
	defer conn.Close()
	r := newReader(conn)
	var out []byte
	for {
		body, err := r.next()
		// Without a length there is no body, as in a GET.
		if err != nil && !errors.Is(err, errNoLength) {
			return
		}
		status, reply := u.answer(r.head.first, body)
		out = fmt.Appendf(out[:0], "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", status, len(reply))
		if _, err := conn.Write(append(out, reply...)); err != nil {
			return
		}
	}
}

// answer returns the reply to the request with that first line.
func (u *upstream) answer(first, body []byte) (status string, reply []byte) {
	method, target, _ := bytes.Cut(first, []byte(" "))
	target, _, _ = bytes.Cut(target, []byte(" "))
	path, _, _ := bytes.Cut(target, []byte("?"))
	post := string(method) == "POST" && len(body) > 0
	switch {
	case post && string(path) == gempixelPath:
		return "200 OK", []byte(gempixelReply)
	case post && string(path) == dglnkPath:
		if u.captured.Load() == nil {
			first := bytes.Clone(body)
			u.captured.CompareAndSwap(nil, &first)
		}
		return "200 OK", []byte(dglnkReply)
	case string(path) == capturedPath && u.captured.Load() != nil:
		return "200 OK", *u.captured.Load()
	}
	return "404 Not Found", []byte(`{"error":1,"message":"unknown to the bench"}`)
}
