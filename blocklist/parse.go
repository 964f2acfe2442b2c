package blocklist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxSize is the size of a list in bytes.
	MaxSize = 256 << 20

	// maxLine is the length of a line in bytes.
	maxLine = 64 << 10

	// maxHost is the length of a host in bytes (RFC 1035), maxAuthority the one
	// of a host as it is written, in Unicode or escaped.
	maxHost      = 253
	maxAuthority = 1024
)

// ErrBroken says that a file is no list: it is too large, has an endless line,
// or more of its lines mean nothing than something, as in an error page that
// was saved in a list's place.
var ErrBroken = errors.New("it is no blocklist")

// Parse reads a list, one entry a line:
//
//	example.com               the host and every one below it
//	*.example.com             the same; so is .example.com
//	0.0.0.0 a.test b.test     the same for each host (a hosts file); names
//	                          without a dot, such as localhost, are left out
//	https://example.com/a     that page and those below it, on this host alone
//	                          and by http and https; with a query, addresses
//	                          whose query begins with the same parameters
//	192.0.2.1                 the address
//	# comment                 also behind an entry, after a blank
//
// Hosts may be in Unicode or ASCII (RFC 5891); case, a final dot and ports do
// not count. Lines that mean nothing are counted and skipped, up to half of
// all. size is how long the list is about, 0 for unknown; it saves memory.
func Parse(r io.Reader, size int64) (*Set, error) {
	if size > MaxSize {
		return nil, fmt.Errorf("%w: it has more than %d MiB", ErrBroken, MaxSize>>20)
	}
	s := &Set{slab: make([]byte, 0, max(size, 0)+1)}
	lines := bufio.NewScanner(io.LimitReader(r, MaxSize+1))
	lines.Buffer(nil, maxLine)
	entries, good, read := 0, 0, 0
	for number := 1; lines.Scan(); number++ {
		line := lines.Bytes()
		read += len(line) + 1
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		n, ok := s.add(string(line))
		entries += n
		switch {
		case !ok:
			if s.Skipped++; s.FirstSkipped == 0 {
				s.FirstSkipped = number
			}
		case n > 0:
			good++
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%w: a line is over %d bytes", ErrBroken, maxLine)
	case err != nil:
		return nil, fmt.Errorf("reading a blocklist: %w", err)
	case read > MaxSize:
		return nil, fmt.Errorf("%w: it has more than %d MiB", ErrBroken, MaxSize>>20)
	case s.Skipped > good:
		return nil, fmt.Errorf("%w: %d lines are no entries, the first is line %d", ErrBroken, s.Skipped, s.FirstSkipped)
	}
	// Hosts files are twice as long as what is kept of them.
	if cap(s.slab) > len(s.slab)+len(s.slab)/4 {
		s.slab = bytes.Clone(s.slab)
	}
	s.seal(entries)
	return s, nil
}

// add puts what a line holds into the slab and returns how many entries that
// made. ok is false for a line that means nothing.
func (s *Set) add(line string) (entries int, ok bool) {
	fields := strings.Fields(line)
	for i, f := range fields {
		if strings.HasPrefix(f, "#") {
			fields = fields[:i]
			break
		}
	}
	switch len(fields) {
	case 0:
		return 0, true
	case 1:
		if strings.Contains(fields[0], "://") {
			return s.addURL(fields[0])
		}
		host, ok := entryHost(strings.TrimPrefix(strings.TrimPrefix(fields[0], "*"), "."))
		if !ok {
			return 0, false
		}
		s.put(host)
		return 1, true
	}
	if _, err := netip.ParseAddr(fields[0]); err != nil {
		return 0, false
	}
	for _, f := range fields[1:] {
		host, ok := entryHost(f)
		if !ok {
			return entries, false
		}
		if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ".") && host != "localhost.localdomain" {
			s.put(host)
			entries++
		}
	}
	return entries, true
}

func (s *Set) addURL(line string) (int, bool) {
	scheme, _, _ := strings.Cut(line, "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return 0, false
	}
	authority, rest, _ := split(line)
	host, ok := entryHost(authority)
	if !ok {
		return 0, false
	}
	k := key(host, rest)
	if strings.Contains(k, "\n") {
		return 0, false
	}
	s.put(k)
	s.put(host + "?")
	s.longest = max(s.longest, len(k))
	return 2, true
}

func (s *Set) put(entry string) {
	s.slab = append(append(s.slab, entry...), '\n')
}

// entryHost returns a host of the list as it can be compared.
func entryHost(s string) (string, bool) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Unmap().WithZone("").String(), true
	}
	if len(s) > maxAuthority || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", false
	}
	host, whole := canonical(s)
	if whole {
		_, err := netip.ParseAddr(host)
		return host, err == nil
	}
	if host == "" || len(host) > maxHost || strings.Contains(host, "..") || host[0] == '.' {
		return "", false
	}
	for i := range len(host) {
		if c := host[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return "", false
		}
	}
	return host, true
}
