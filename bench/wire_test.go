package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReader(t *testing.T) {
	for name, test := range map[string]struct {
		in       string
		first    string
		location string
		body     string
		err      error
	}{
		"Body":          {in: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", first: "HTTP/1.1 200 OK", body: "hello"},
		"AnyCase":       {in: "HTTP/1.1 200 OK\r\ncontent-LENGTH:5\r\n\r\nhello", first: "HTTP/1.1 200 OK", body: "hello"},
		"Redirect":      {in: "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", first: "HTTP/1.1 302 Found", location: "/there"},
		"Request":       {in: "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", first: "POST /x HTTP/1.1", body: "{}"},
		"End":           {in: "", err: io.EOF},
		"EndInHead":     {in: "HTTP/1.1 200 OK\r\nContent-", err: io.ErrUnexpectedEOF},
		"EndBeforeHead": {in: "HTTP/1.1", err: io.ErrUnexpectedEOF},
		"EndInBody":     {in: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", err: io.ErrUnexpectedEOF},
		"NoLength":      {in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", err: errNoLength},
		"BadLength":     {in: "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", err: errMalformed},
		"NegativeLen":   {in: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", err: errMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(strings.NewReader(test.in))
			body, err := r.next()
			if !errors.Is(err, test.err) {
				t.Fatalf("next() = %v; want %v", err, test.err)
			}
			if err != nil {
				return
			}
			if string(body) != test.body || string(r.head.first) != test.first || string(r.head.location) != test.location {
				t.Errorf("next() = %q, first %q, location %q; want %q, %q, %q",
					body, r.head.first, r.head.location, test.body, test.first, test.location)
			}
		})
	}
}

// TestReader_Sequence reads messages that came together: nothing of one may be
// left in the next.
func TestReader_Sequence(t *testing.T) {
	r := newReader(strings.NewReader("HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 3\r\n\r\none" +
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"))
	for _, want := range []struct{ body, location string }{{"one", "/a"}, {"two", ""}} {
		body, err := r.next()
		if err != nil || string(body) != want.body || string(r.head.location) != want.location {
			t.Errorf("next() = %q, %v, location %q; want %q, %q", body, err, r.head.location, want.body, want.location)
		}
	}
	if _, err := r.next(); !errors.Is(err, io.EOF) {
		t.Errorf("next() at the end = %v; want %v", err, io.EOF)
	}
}

func TestHead_Status(t *testing.T) {
	for first, want := range map[string]int{
		"HTTP/1.1 200 OK": 200,
		"HTTP/1.0 404":    404,
		"HTTP/1.1":        0,
		"HTTP/2 200":      0,
		"HTTP/1.1 2x0 OK": 0,
		"":                0,
	} {
		got, err := (&head{first: []byte(first)}).status()
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("status of %q = %d, %v; want %d", first, got, err, want)
		}
	}
}

func TestRequest_Check(t *testing.T) {
	redirect := request{status: 302, location: []byte("/there")}
	reply := request{status: 200, contains: []string{`"error":0`, `"id":3`}}
	for name, test := range map[string]struct {
		request  request
		first    string
		location string
		body     string
		ok       bool
	}{
		"Redirect":        {request: redirect, first: "HTTP/1.1 302 Found", location: "/there", ok: true},
		"OtherLocation":   {request: redirect, first: "HTTP/1.1 302 Found", location: "/elsewhere"},
		"UndueBody":       {request: redirect, first: "HTTP/1.1 302 Found", location: "/there", body: "x"},
		"Reply":           {request: reply, first: "HTTP/1.1 200 OK", body: `{"error":0,"id":3}`, ok: true},
		"OtherStatus":     {request: reply, first: "HTTP/1.1 502 Bad Gateway", body: `{"error":0,"id":3}`},
		"WithoutAPart":    {request: reply, first: "HTTP/1.1 200 OK", body: `{"error":0}`},
		"WithoutBody":     {request: reply, first: "HTTP/1.1 200 OK"},
		"WithoutAnything": {request: reply},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.request.check(&head{first: []byte(test.first), location: []byte(test.location)}, []byte(test.body))
			if (err == nil) != test.ok {
				t.Errorf("check() = %v; want ok %v", err, test.ok)
			}
		})
	}
}
