package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// bufferSize bounds a message: its head's lines, and its body.
const bufferSize = 16 << 10

var (
	errNoLength  = errors.New("the message has no Content-Length")
	errMalformed = errors.New("the message is not HTTP/1")
)

// head is what the bench looks at in the head of a message.
type head struct {
	first    []byte // the first line
	length   int    // Content-Length, -1 where there is none
	location []byte
}

// reader reads messages with a Content-Length off one connection. What it
// returns is valid until the next call.
type reader struct {
	buf     *bufio.Reader
	head    head
	pending int // bytes of the last body, still in the buffer
}

func newReader(r io.Reader) *reader {
	return &reader{buf: bufio.NewReaderSize(r, bufferSize)}
}

// next reads a whole message and returns its body. It returns io.EOF where the
// connection ended between two messages.
func (r *reader) next() ([]byte, error) {
	// Taken out of the buffer only now, so that no body is copied.
	if _, err := r.buf.Discard(r.pending); err != nil {
		return nil, err
	}
	r.pending = 0
	if err := r.readHead(); err != nil {
		return nil, err
	}
	if r.head.length < 0 {
		return nil, errNoLength
	}
	body, err := r.buf.Peek(r.head.length)
	if err != nil {
		return nil, fmt.Errorf("reading a body of %d bytes: %w", r.head.length, unexpected(err))
	}
	r.pending = r.head.length
	return body, nil
}

func (r *reader) readHead() error {
	line, err := r.buf.ReadSlice('\n')
	if err != nil {
		if len(line) > 0 {
			err = unexpected(err)
		}
		return err
	}
	h := &r.head
	h.first = append(h.first[:0], bytes.TrimRight(line, "\r\n")...)
	h.length, h.location = -1, h.location[:0]
	for {
		line, err := r.buf.ReadSlice('\n')
		if err != nil {
			return unexpected(err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return nil
		}
		if value, ok := field(line, "Content-Length"); ok {
			if h.length, err = strconv.Atoi(string(value)); err != nil || h.length < 0 {
				return errMalformed
			}
		} else if value, ok := field(line, "Location"); ok {
			h.location = append(h.location, value...)
		}
	}
}

// status is the number in the first line of a response.
func (h *head) status() (int, error) {
	version, rest, ok := bytes.Cut(h.first, []byte(" "))
	if !ok || !bytes.HasPrefix(version, []byte("HTTP/1.")) || len(rest) < 3 {
		return 0, errMalformed
	}
	n, err := strconv.Atoi(string(rest[:3]))
	if err != nil {
		return 0, errMalformed
	}
	return n, nil
}

// field returns the value of a header line if it has that name.
func field(line []byte, name string) ([]byte, bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name)+1:]), true
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
