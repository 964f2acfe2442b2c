package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

const destination = "https://www.example.com/landing"

// links are the short links of a scenario. Alias and destination follow from a
// link's number, so that nothing is remembered of a million of them.
type links struct {
	count int

	// rules gives each link six of them, tried in vain but for the last one of
	// every other link.
	rules bool
}

const (
	aliasLetters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	aliasLength  = 7
	aliasCount   = 58 * 58 * 58 * 58 * 58 * 58 * 58

	// aliasStep has no divisor in common with aliasCount, so that no alias comes
	// twice, and is the golden part of it, so that neighbours are far apart.
	aliasStep = 1_364_609_265_011

	// maxLinks keeps the product of a number and aliasStep within 64 bits.
	maxLinks = 4_000_000
)

// appendAlias appends the alias of the link with the number, which looks like
// one made at random.
func appendAlias(b []byte, i int) []byte {
	n := (uint64(i) + 1) * aliasStep % aliasCount
	for range aliasLength {
		b = append(b, aliasLetters[n%58])
		n /= 58
	}
	return b
}

// appendLocation appends where a visitor of the link is led.
func (l links) appendLocation(b []byte, i int) []byte {
	b = append(b, destination...)
	if l.rules && i%2 == 0 {
		b = append(b, "/canada"...)
	}
	b = append(b, '/')
	return strconv.AppendInt(b, int64(i), 10)
}

// visitorsCountry is where the bench's visitors are, who are all on the loopback
// network.
const visitorsCountry = "CA"

// link returns the link with the number.
func (l links) link(i int) *shortener.Link {
	number := "/" + strconv.Itoa(i)
	link := &shortener.Link{
		Account: "main",
		Alias:   string(appendAlias(nil, i)),
		URL:     destination + number,
		Type:    shortener.TypeDirect,
		Plain:   !l.rules,
	}
	if !l.rules {
		return link
	}
	last := "Canada"
	if i%2 == 1 {
		last = "Japan"
	}
	link.Options = shortener.Options{
		Languages: []shortener.LanguageRule{
			{Language: "ja", Link: destination + "/ja" + number},
			{Language: "ko", Link: destination + "/ko" + number},
		},
		Devices: []shortener.DeviceRule{
			{Device: "iPad", Link: destination + "/ipad" + number},
			{Device: "tablet", Link: destination + "/tablet" + number},
		},
		Geo: []shortener.GeoRule{
			{Location: "France", Link: destination + "/france" + number},
			{Location: last, Link: destination + "/canada" + number},
		},
	}
	return link
}

// seedWriters is how many creates wait for each commit.
const seedWriters = 256

// seed creates the links in the empty database.
func (l links) seed(ctx context.Context, cfg store.Config) (err error) {
	s, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for first := range seedWriters {
		wg.Go(func() {
			for i := first; i < l.count && ctx.Err() == nil; i += seedWriters {
				if _, err := s.CreateLink(ctx, l.link(i), shortener.Creation{}); err != nil {
					cancel(fmt.Errorf("creating link %d: %w", i, err))
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
