package simulate

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"
)

// reset ends the connection so that the client is told by the network alone.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Without lingering a close is an RST rather than an orderly end.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// reply is an answer that can still be changed. It is the ResponseWriter that
// a site writes to.
type reply struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newReply() *reply { return &reply{header: http.Header{}} }

func (p *reply) Header() http.Header { return p.header }

func (p *reply) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *reply) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}

// date sets the header that tells the site's clock.
func (p *reply) date(now time.Time) { p.header.Set("Date", now.UTC().Format(http.TimeFormat)) }

// start writes the head with the length of the whole body.
func (p *reply) start(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	p.WriteHeader(http.StatusOK)
	if p.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(p.body.Len()))
	}
	w.WriteHeader(p.status)
}

func (p *reply) send(w http.ResponseWriter) {
	p.start(w)
	_, _ = w.Write(p.body.Bytes())
}

// json makes v the body.
func (p *reply) json(v any) {
	p.header.Set("Content-Type", "application/json")
	p.body.Reset()
	// What is answered here are maps of plain values.
	_ = json.NewEncoder(&p.body).Encode(v)
}
