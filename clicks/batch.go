package clicks

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A batch is, in this order: the version (1 byte); the number of strings, each
// with its length before it; the number of visits; the visits; and the
// CRC-32C of all that. Numbers are varints as of encoding/binary, strings are
// named by their number from 1, 0 being the empty one. A visit is its link,
// the seconds since the visit before it, and its kind. An orphan goes on with
// domain and path; a human or scan of a link with one string per dimension, in
// the order of the dimensions, and 8 bytes that stand for the visitor.

// BatchVersion is the encoding of batches that this program writes and reads.
const BatchVersion = 1

// batchVisits bounds a batch, and with it what the store must add up at once.
const batchVisits = 128

// record is a classified visit.
type record struct {
	linkID       int64
	at           int64 // Unix seconds
	kind         Kind
	domain, path string
	values       [dimensionCount]string
	visitor      int64
}

// counted reports whether the visit counts as a click, with its dimensions.
func (r *record) counted() bool {
	return r.linkID != 0 && (r.kind == Human || r.kind == Scan)
}

var (
	errBatch      = errors.New("the batch of visits is damaged")
	castagnoli    = crc32.MakeTable(crc32.Castagnoli)
	checksumBytes = 4
)

// encoder gathers records into a batch. The zero value is ready.
type encoder struct {
	visits  int
	last    int64
	strings map[string]uint64
	table   []byte
	body    []byte
}

func (e *encoder) add(r *record) {
	e.body = binary.AppendUvarint(e.body, uint64(r.linkID)) //nolint:gosec // The bits are the same when they are read.
	e.body = binary.AppendVarint(e.body, r.at-e.last)
	e.body = append(e.body, byte(r.kind))
	e.last = r.at
	switch {
	case r.linkID == 0:
		e.string(r.domain)
		e.string(r.path)
	case r.counted():
		for _, v := range r.values {
			e.string(v)
		}
		e.body = binary.LittleEndian.AppendUint64(e.body, uint64(r.visitor)) //nolint:gosec // The bits are the same when they are read.
	}
	e.visits++
}

func (e *encoder) string(s string) {
	if s == "" {
		e.body = append(e.body, 0)
		return
	}
	number, known := e.strings[s]
	if !known {
		if e.strings == nil {
			e.strings = map[string]uint64{}
		}
		number = uint64(len(e.strings)) + 1
		e.strings[s] = number
		e.table = binary.AppendUvarint(e.table, uint64(len(s)))
		e.table = append(e.table, s...)
	}
	e.body = binary.AppendUvarint(e.body, number)
}

// batch returns what was added, and starts anew.
func (e *encoder) batch() Batch {
	data := make([]byte, 0, 1+2*binary.MaxVarintLen32+len(e.table)+len(e.body)+checksumBytes)
	data = append(data, BatchVersion)
	data = binary.AppendUvarint(data, uint64(len(e.strings)))
	data = append(data, e.table...)
	data = binary.AppendUvarint(data, uint64(e.visits)) //nolint:gosec // It counts.
	data = append(data, e.body...)
	b := Batch{Data: seal(data), Visits: e.visits}
	clear(e.strings)
	e.visits, e.last, e.table, e.body = 0, 0, e.table[:0], e.body[:0]
	return b
}

// seal appends the checksum.
func seal(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}

// decode returns the records of a batch, in the slice where it has room.
func decode(data []byte, records []record) ([]record, error) {
	if len(data) <= checksumBytes || data[0] != BatchVersion {
		return nil, errBatch
	}
	data, sum := data[:len(data)-checksumBytes], data[len(data)-checksumBytes:]
	if crc32.Checksum(data, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return nil, errBatch
	}
	d := decoder{rest: data[1:]}
	d.table()
	visits := d.uvarint()
	// A visit takes three bytes at least.
	if visits > uint64(len(d.rest))/3 {
		return nil, errBatch
	}
	records = records[:0]
	var last int64
	for range visits {
		records = append(records, record{})
		last += d.record(&records[len(records)-1], last)
	}
	if d.damaged || len(d.rest) > 0 {
		return nil, errBatch
	}
	return records, nil
}

// decoder reads a batch. Once it is damaged all that it returns is worthless.
type decoder struct {
	rest    []byte
	strings []string
	damaged bool
}

func (d *decoder) table() {
	d.strings = append(make([]string, 0, 64), "")
	for range d.uvarint() {
		s := string(d.bytes(d.uvarint()))
		if d.damaged {
			return
		}
		d.strings = append(d.strings, s)
	}
}

// record reads one visit and returns the seconds since the last.
func (d *decoder) record(r *record, last int64) int64 {
	r.linkID = int64(d.uvarint()) //nolint:gosec // The bits are the same as were written.
	since, n := binary.Varint(d.rest)
	d.skip(n)
	r.at = last + since
	if kind := d.bytes(1); !d.damaged {
		r.kind = Kind(kind[0])
	}
	switch {
	case r.kind == Auto || r.kind > Scan:
		d.damaged = true
	case r.linkID == 0:
		r.domain, r.path = d.string(), d.string()
	case r.counted():
		for i := range r.values {
			r.values[i] = d.string()
		}
		if visitor := d.bytes(8); !d.damaged {
			r.visitor = int64(binary.LittleEndian.Uint64(visitor)) //nolint:gosec // As they were written.
		}
	}
	return since
}

func (d *decoder) string() string {
	number := d.uvarint()
	if number >= uint64(len(d.strings)) {
		d.damaged = true
		return ""
	}
	return d.strings[number]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.skip(n)
	if d.damaged {
		return 0
	}
	return v
}

func (d *decoder) bytes(n uint64) []byte {
	if d.damaged || n > uint64(len(d.rest)) {
		d.damaged = true
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

// skip passes what a varint took; none or too much means damage.
func (d *decoder) skip(n int) {
	if n <= 0 {
		d.damaged, d.rest = true, nil
		return
	}
	d.rest = d.rest[n:]
}
