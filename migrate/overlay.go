package migrate

import (
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// overlay adds to an object what a client has said of it and the primary cannot
// tell. What the primary tells is newer, or as new. Times without a zone are in
// the one given.
func overlay(r *adapters.Record, e *Entry, zone *time.Location) error {
	if e == nil {
		return nil
	}
	var err error
	gjson.ParseBytes(e.Document).ForEach(func(key, v gjson.Result) bool {
		name := key.Str
		switch {
		case name == fieldPassword:
			err = overlayPassword(r, v)
		case described[name] && meaningOf(r.Kind, name, v) == "" && !gjson.GetBytes(r.Document, name).Exists():
			// It was taken away, and not only never given.
			r.Document, err = sjson.SetBytes(r.Document, name, "")
			r.Untold = without(r.Untold, name)
		case !untold(r, name):
		case name == fieldChannel:
			r.Channels = nil
			if v.Int() > 0 {
				r.Channels = []int64{v.Int()}
			}
			r.Untold = without(r.Untold, name)
		default:
			r.Document, err = sjson.SetRawBytes(r.Document, name, []byte(whenOf(name, v, zone)))
			r.Untold = without(r.Untold, name)
		}
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("adding what a client has said: %w", err)
	}
	if e.PasswordHash != "" {
		r.PasswordHash, r.Protected = e.PasswordHash, true
		r.Untold = without(r.Untold, fieldPassword)
	}
	return nil
}

// overlayPassword takes a password over, or away.
func overlayPassword(r *adapters.Record, v gjson.Result) (err error) {
	r.Untold = without(slices.Clone(r.Untold), fieldPassword)
	r.Protected, r.PasswordHash = v.Str != "", ""
	r.Document, err = sjson.SetBytes(r.Document, fieldPassword, v.Str)
	return err
}

// whenOf returns the value of a field, of a time as a record has it.
func whenOf(name string, v gjson.Result, zone *time.Location) string {
	switch {
	case v.Type != gjson.String || v.Str == "":
	case name == "expiry":
		return readEnd(v, zone)
	case name == "startdate":
		return readBeginning(v, zone)
	}
	return v.Raw
}

// settle gives a link the domain that it has at the other side: links on the main
// domain go to the move's.
func (m *Mover) settle(r *adapters.Record, toTarget bool) (err error) {
	if r.Kind != adapters.KindLink {
		return nil
	}
	_, to := m.sides(toTarget)
	host := domainOf(r)
	chosen := api.HostOf(m.Move.Domain)
	switch {
	case toTarget && host == "":
		host = chosen
	case !toTarget && host == chosen:
		host = ""
	}
	if host == api.HostOf(to.Origin) {
		host = ""
	}
	if host == "" {
		r.Document, err = sjson.DeleteBytes(r.Document, fieldDomain)
	} else {
		r.Document, err = sjson.SetBytes(r.Document, fieldDomain, host)
	}
	if err != nil {
		return fmt.Errorf("writing a domain: %w", err)
	}
	return nil
}

// hasExpired reports whether the object had its time.
func hasExpired(r *adapters.Record, now time.Time) bool {
	t, err := translate.ParseDateTime(gjson.GetBytes(r.Document, "expiry").Str, time.UTC)
	return err == nil && !t.After(now)
}
