package clicks

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyRecord draws what a classifier may make.
func anyRecord(t *rapid.T) record {
	r := record{
		linkID: rapid.Int64Range(0, 1<<40).Draw(t, "link"),
		at:     rapid.Int64Range(-1<<40, 1<<40).Draw(t, "at"),
		kind:   Kind(rapid.IntRange(int(Human), int(Scan)).Draw(t, "kind")),
	}
	text := rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"FR", "Chrome"}), rapid.String())
	switch {
	case r.linkID == 0:
		r.domain, r.path = text.Draw(t, "domain"), text.Draw(t, "path")
	case r.counted():
		for i := range r.values {
			r.values[i] = text.Draw(t, "value")
		}
		r.visitor = rapid.Int64().Draw(t, "visitor")
	}
	return r
}

func encodeAll(records []record) Batch {
	var e encoder
	for i := range records {
		e.add(&records[i])
	}
	return e.batch()
}

func TestBatch_RoundTrip(t *testing.T) {
	var e encoder
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(anyRecord), 0, 40).Draw(t, "records")
		// The encoder is used again for the next batch.
		for i := range records {
			e.add(&records[i])
		}
		b := e.batch()
		got, err := decode(b.Data, nil)
		if err != nil || !slices.Equal(got, records) || b.Visits != len(records) {
			t.Fatalf("decode() = %+v, %v; want %+v", got, err, records)
		}
	})
}

// No bit of a batch can change unnoticed.
func TestBatch_Damage(t *testing.T) {
	batch := encodeAll([]record{
		{linkID: 7, at: 1e9, kind: Human, values: [dimensionCount]string{"FR", "example.com"}, visitor: -5},
		{linkID: 0, at: 1e9, kind: Bot, domain: "go.example.com", path: "x"},
	})
	if batch.Data[0] != 1 {
		t.Errorf("the version is %d; a batch of another layout must have another", batch.Data[0])
	}
	for i := range batch.Data {
		for bit := range 8 {
			data := bytes.Clone(batch.Data)
			data[i] ^= 1 << bit
			if NewRollup().Add(data) == nil {
				t.Errorf("bit %d of byte %d was changed and nobody noticed", bit, i)
			}
		}
		if NewRollup().Add(batch.Data[:i]) == nil {
			t.Errorf("%d bytes were read as a batch", i)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(encodeAll(nil).Data)
	f.Add(encodeAll([]record{{linkID: 1, at: 5, kind: Scan}, {kind: Preview, path: "p"}}).Data)
	f.Fuzz(func(t *testing.T, body []byte) {
		// With a right version and checksum the rest is read in earnest.
		for _, data := range [][]byte{body, seal(append([]byte{BatchVersion}, body...))} {
			records, err := decode(data, nil)
			if err == nil && len(records) > len(data) {
				t.Errorf("%d bytes make %d records", len(data), len(records))
			}
			if err == nil {
				if again, err := decode(encodeAll(records).Data, nil); err != nil || !slices.Equal(again, records) {
					t.Errorf("%+v is written as %+v, %v", records, again, err)
				}
			}
		}
	})
}

func TestRollup_Add(t *testing.T) {
	values := [dimensionCount]string{Countries: "FR", Browsers: "Chrome"}
	sum := NewRollup()
	for range 2 {
		err := sum.Add(encodeAll([]record{
			{linkID: 1, at: 3600, kind: Human, values: values, visitor: 1},
			{linkID: 1, at: 3599, kind: Scan, values: values, visitor: 1},
			{linkID: 1, at: -1, kind: Human, values: values, visitor: 1},
			{linkID: 1, at: 0, kind: Bot},
			{linkID: 2, at: 0, kind: Preview},
			{at: 50, kind: Human, domain: "d", path: "p"},
			{at: 40, kind: Bot, domain: "d", path: "p"},
		}).Data)
		if err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[HourKey]Counts{
		{1, 1}: {Clicks: 2}, {1, 0}: {Clicks: 2, Scans: 2, Bots: 2}, {1, -1}: {Clicks: 2}, {2, 0}: {Previews: 2},
	} {
		if got := sum.Hours[key]; got != want {
			t.Errorf("hour %+v has %+v; want %+v", key, got, want)
		}
	}
	for key, want := range map[DayKey]int64{
		{1, 0, Countries, "FR"}: 4, {1, -1, Countries, "FR"}: 2, {1, 0, Browsers, "Chrome"}: 4, {1, 0, Referrers, ""}: 4,
		{1, 0, Systems, ""}: 0, {1, 0, Social, ""}: 0,
	} {
		if got := sum.Days[key]; got != want {
			t.Errorf("day %+v has %d; want %d", key, got, want)
		}
	}
	if len(sum.Visitors) != 2 || sum.Visitors[VisitorKey{0, 1}] != (HourKey{1, 0}) {
		t.Errorf("visitors = %v; want one per day, who came in the first hour", sum.Visitors)
	}
	if got := sum.Orphans[OrphanKey{"d", "p"}]; got != (OrphanCounts{Visits: 2, Programs: 2, Last: 50}) {
		t.Errorf("orphan = %+v", got)
	}
	if sum.Visits != 14 || sum.Rows() == 0 {
		t.Errorf("%d visits, %d rows", sum.Visits, sum.Rows())
	}
}

func TestEncoder_IsCompact(t *testing.T) {
	var records []record
	for i := range batchVisits {
		records = append(records, record{linkID: int64(i), at: 1e9, kind: Human, visitor: int64(i) << 55, values: [dimensionCount]string{
			"FR", strings.Repeat("x", 20) + ".example", "Chrome", "Windows 10", Desktop, "fr", "",
		}})
	}
	if size := len(encodeAll(records).Data); size > 25*batchVisits {
		t.Errorf("%d visits take %d bytes", batchVisits, size)
	}
}
