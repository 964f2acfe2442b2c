package emulate_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/api"
)

var qrCodes = []api.Operation{api.ListQRCodes, api.GetQRCode, api.CreateQRCode, api.UpdateQRCode, api.DeleteQRCode}

func TestCapabilities(t *testing.T) {
	s := newSite(t, &inner{})
	c := s.backend.Capabilities()
	for _, op := range slices.Concat(qrCodes, []api.Operation{
		api.ListCampaigns, api.GetCampaign, api.CreateCampaign, api.AssignLinkToCampaign, api.UpdateCampaign, api.DeleteCampaign,
		api.ListChannels, api.ListChannelItems, api.CreateChannel, api.AssignItemToChannel, api.UpdateChannel, api.DeleteChannel,
		api.CreateLinks,
	}) {
		operation := s.contract.Operation(op)
		for _, name := range operation.Fields {
			if _, ok := c[op].Fields[name]; !ok {
				t.Errorf("%s lacks %s", op, name)
			}
		}
		if c[op].Support != api.Emulated {
			t.Errorf("%s is %+v; want all of it emulated", op, c[op])
		}
		for name, f := range c[op].Fields {
			if f.Support != api.Emulated {
				t.Errorf("%s of %s is %s", name, op, f.Support)
			}
		}
	}
	for op, want := range map[api.Operation]api.Support{
		api.CreateLink: api.Native, api.GetLink: api.Native, api.ListLinks: api.Native, api.UpdateLink: api.Emulated,
		api.DeleteLink: "", api.GetAccount: "", api.CreatePixel: "",
	} {
		if c[op].Support != want {
			t.Errorf("%s is %q; want %q", op, c[op].Support, want)
		}
	}
	create := map[string]api.Support{"url": api.Native, "custom": api.Native, "languagetarget": ""}
	for _, field := range []string{"description", "campaign", "channel"} {
		create[field] = api.Emulated
		if got := c[api.UpdateLink].Fields[field].Support; got != api.Emulated {
			t.Errorf("%s of updateLink is %q", field, got)
		}
	}
	for field, want := range create {
		if got := c[api.CreateLink].Fields[field].Support; got != want {
			t.Errorf("%s of createLink is %q; want %q", field, got, want)
		}
	}
	if n := len(c[api.UpdateLink].Fields); n != 3 {
		t.Errorf("updateLink has %d fields; want 3", n)
	}
	if _, ok := s.inner.Capabilities()[api.CreateLink].Fields["campaign"]; ok {
		t.Error("the backend's own capabilities have changed")
	}
}

// TestWrap_LeavesAlone: what a backend does, even in part, stays its own.
func TestWrap_LeavesAlone(t *testing.T) {
	for _, c := range []struct {
		name     string
		also     []api.Operation
		more     func(api.Capabilities)
		refused  []api.Operation
		emulated []string // of createLink
	}{
		{"QR codes", []api.Operation{api.ListQRCodes}, nil, []api.Operation{api.CreateQRCode, api.DeleteQRCode}, []string{"campaign", "channel", "description"}},
		{"campaigns", []api.Operation{api.ListCampaigns}, nil, []api.Operation{api.GetCampaign}, []string{"channel", "description"}},
		{"channels", []api.Operation{api.CreateChannel}, nil, []api.Operation{api.ListChannelItems}, []string{"campaign", "description"}},
		{"notes", nil, func(c api.Capabilities) {
			fields := maps.Clone(c[api.CreateLink].Fields)
			fields["description"] = api.FieldCapability{Support: api.Native}
			c[api.CreateLink] = api.Capability{Support: api.Native, Fields: fields}
		}, nil, []string{"campaign", "channel"}},
		{
			"links that cannot be got", nil, func(c api.Capabilities) { delete(c, api.GetLink) },
			[]api.Operation{api.CreateCampaign, api.CreateChannel, api.UpdateLink},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, &inner{also: c.also, more: c.more})
			got := s.backend.Capabilities()
			for _, op := range c.also {
				if got[op].Support != api.Native {
					t.Errorf("%s is %s", op, got[op].Support)
				}
			}
			for _, op := range c.refused {
				if got.Supports(op) {
					t.Errorf("%s is %s", op, got[op].Support)
				}
			}
			var emulated []string
			for name, f := range got[api.CreateLink].Fields {
				if f.Support == api.Emulated {
					emulated = append(emulated, name)
				}
			}
			if slices.Sort(emulated); !slices.Equal(emulated, c.emulated) {
				t.Errorf("emulated of createLink: %v; want %v", emulated, c.emulated)
			}
		})
	}
}

// whole is a backend that does everything, and nothing.
type whole struct{ capabilities api.Capabilities }

var done = &api.Reply{Document: []byte(`{"error":0}`)}

func (w whole) Capabilities() api.Capabilities                    { return w.capabilities }
func (w whole) Do(context.Context, *api.Call) (*api.Reply, error) { return done, nil }

// newWhole is a backend that does all but many links in one call.
func newWhole(native api.Capabilities) whole {
	c := maps.Clone(native)
	delete(c, api.CreateLinks)
	return whole{c}
}

func TestWrap_Whole(t *testing.T) {
	s := newSite(t, &inner{})
	inner := newWhole(s.native.Capabilities())
	b := emulate.Wrap(inner, emulate.Config{Name: backend, Native: s.native})
	for op := range inner.capabilities {
		// The call is passed on as it is: without an account it would not get far.
		if reply, err := b.Do(t.Context(), &api.Call{Operation: op}); reply != done || err != nil {
			t.Errorf("%s = %+v, %v; want what the backend answers", op, reply, err)
		}
		if b.Capabilities()[op].Support != api.Native {
			t.Errorf("%s is %s", op, b.Capabilities()[op].Support)
		}
	}
	if b.Capabilities()[api.CreateLinks].Support != api.Emulated {
		t.Error("createLinks is not emulated")
	}
}

// BenchmarkWrap_PassThrough is what wrapping costs where there is nothing to be
// done.
func BenchmarkWrap_PassThrough(b *testing.B) {
	capabilities := api.Capabilities{}
	for _, op := range slices.Concat(qrCodes, []api.Operation{api.CreateLink, api.GetLink, api.CreateCampaign, api.CreateChannel}) {
		capabilities[op] = api.Capability{Support: api.Native, Fields: map[string]api.FieldCapability{"description": {Support: api.Native}}}
	}
	inner := whole{capabilities}
	wrapped := emulate.Wrap(inner, emulate.Config{Name: backend, Native: inner})
	call := &api.Call{Operation: api.CreateLink}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			_, _ = inner.Do(b.Context(), call)
		}
	})
	b.Run("wrapped", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = wrapped.Do(b.Context(), call)
		}
	})
}
