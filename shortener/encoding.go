package shortener

import (
	"encoding/binary"
	"net/http"
)

// A target lies in a slab as its address, flags for what it has, and then only
// that: numbers as varints, texts with their length in front. It is written and
// read by this process alone, so that nothing of it needs checking.
const (
	hasKind = 1 << iota
	hasCode
	hasStarts
	hasExpires
	hasExpiredURL
	hasLimit
	hasRules
	hasVia
	isBlocked
	isLocked
	isPreviewed
	isForward
	isApp
	isDisabled
)

// entryHead is the size of the whole entry, the flags, and the lengths of domain
// and alias.
const entryHead = 4 + 2 + 1 + 1

// appendEntry appends a target with its address. Neither domain nor alias may be
// longer than 255 bytes.
func appendEntry(b []byte, domain, alias string, t *Target) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, t.flags())
	b = append(b, byte(len(domain)), byte(len(alias))) //nolint:gosec // Index.add looked at both.
	b = append(b, domain...)
	b = append(b, alias...)
	b = appendTarget(b, t)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start)) //nolint:gosec // A shard is far below 4 GiB.
	return b
}

func (t *Target) flags() uint16 {
	var flags uint16
	for _, f := range []struct {
		on   bool
		flag uint16
	}{
		{t.Kind != "", hasKind},
		{t.Code != http.StatusFound, hasCode},
		{t.Starts != 0, hasStarts},
		{t.Expires != 0, hasExpires},
		{t.ExpiredURL != "", hasExpiredURL},
		{t.Limit != 0, hasLimit},
		{len(t.Rules) > 0, hasRules},
		{t.Via != Redirect, hasVia},
		{t.Blocked, isBlocked},
		{t.Locked, isLocked},
		{t.Previewed, isPreviewed},
		{t.Forward, isForward},
		{t.App, isApp},
		{t.Disabled, isDisabled},
	} {
		if f.on {
			flags |= f.flag
		}
	}
	return flags
}

func appendTarget(b []byte, t *Target) []byte {
	b = binary.AppendVarint(b, t.LinkID)
	b = appendText(b, t.URL)
	if t.Kind != "" {
		b = appendText(b, string(t.Kind))
	}
	if t.Code != http.StatusFound {
		b = binary.AppendVarint(b, int64(t.Code))
	}
	if t.Starts != 0 {
		b = binary.AppendVarint(b, t.Starts)
	}
	if t.Expires != 0 {
		b = binary.AppendVarint(b, t.Expires)
	}
	if t.ExpiredURL != "" {
		b = appendText(b, t.ExpiredURL)
	}
	if t.Limit != 0 {
		b = binary.AppendVarint(b, t.Limit)
	}
	if t.Via != Redirect {
		b = append(b, byte(t.Via))
	}
	if len(t.Rules) > 0 {
		b = binary.AppendUvarint(b, uint64(len(t.Rules)))
		for i := range t.Rules {
			r := &t.Rules[i]
			b = append(b, byte(r.By))
			b = appendText(b, r.Value)
			b = appendText(b, r.URL)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// entrySize is the size of the entry that b begins with.
func entrySize(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }

// entryIs reports whether the entry that b begins with has the address.
func entryIs(b []byte, domain, alias string) bool {
	d, a := int(b[6]), int(b[7])
	texts := b[entryHead:]
	return string(texts[:d]) == domain && string(texts[d:d+a]) == alias
}

// entryTarget returns the target of the entry that b begins with. All its texts
// are parts of one copy.
func entryTarget(b []byte) Target {
	flags := binary.LittleEndian.Uint16(b[4:])
	r := entryReader{s: string(b[entryHead+int(b[6])+int(b[7]) : entrySize(b)])}
	t := Target{
		Code:      http.StatusFound,
		Blocked:   flags&isBlocked != 0,
		Disabled:  flags&isDisabled != 0,
		Locked:    flags&isLocked != 0,
		Previewed: flags&isPreviewed != 0,
		Forward:   flags&isForward != 0,
		App:       flags&isApp != 0,
	}
	t.LinkID = r.varint()
	t.URL = r.text()
	if flags&hasKind != 0 {
		t.Kind = Kind(r.text())
	}
	if flags&hasCode != 0 {
		t.Code = int(r.varint())
	}
	if flags&hasStarts != 0 {
		t.Starts = r.varint()
	}
	if flags&hasExpires != 0 {
		t.Expires = r.varint()
	}
	if flags&hasExpiredURL != 0 {
		t.ExpiredURL = r.text()
	}
	if flags&hasLimit != 0 {
		t.Limit = r.varint()
	}
	if flags&hasVia != 0 {
		t.Via = Outcome(r.byte())
	}
	if flags&hasRules != 0 {
		t.Rules = make([]Rule, r.uvarint())
		for i := range t.Rules {
			t.Rules[i] = Rule{By: RuleBy(r.byte()), Value: r.text(), URL: r.text()}
		}
	}
	return t
}

// entryReader reads what appendTarget wrote.
type entryReader struct {
	s string
	i int
}

func (r *entryReader) byte() byte {
	r.i++
	return r.s[r.i-1]
}

func (r *entryReader) uvarint() uint64 {
	var x uint64
	for shift := 0; ; shift += 7 {
		b := r.byte()
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return x
		}
	}
}

func (r *entryReader) varint() int64 {
	u := r.uvarint()
	x := int64(u >> 1) // the zigzag of encoding/binary
	if u&1 != 0 {
		x = ^x
	}
	return x
}

func (r *entryReader) text() string {
	n := int(r.uvarint()) //nolint:gosec // The length of a text in memory.
	r.i += n
	return r.s[r.i-n : r.i]
}
