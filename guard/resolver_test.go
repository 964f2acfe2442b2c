package guard_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// answering is a resolver that gives any name the first address when it is
// asked first, the next one then, and the last one ever after.
func answering(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	var mu sync.Mutex
	next := func() netip.Addr {
		mu.Lock()
		defer mu.Unlock()
		ip := netip.MustParseAddr(addresses[0])
		if len(addresses) > 1 {
			addresses = addresses[1:]
		}
		return ip
	}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go answer(server, next)
			return client, nil
		},
	}
}

// answer serves DNS over a stream (RFC 1035 section 4.2.2).
func answer(conn net.Conn, next func() netip.Addr) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(query); err != nil {
			return
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: next().As4()},
			}}
		}
		reply, err := m.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}
