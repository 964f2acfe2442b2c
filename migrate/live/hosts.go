package live

import (
	"maps"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// rehosted writes the hosts of a call for the side. At the target, what clients
// say of the source's main domain is about the domain that its links got. At the
// source they may look for a short URL that the target told them.
func (sd *side) rehosted(call *api.Call) (err error) {
	if !sd.atTarget && call.Operation != api.ListLinks {
		return nil
	}
	switch call.Operation {
	case api.CreateLink:
		call.Document, err = sd.placed(call.Document, true)
	case api.UpdateLink:
		call.Document, err = sd.placed(call.Document, false)
	case api.CreateLinks:
		for i, item := range call.Items {
			if item.Err == nil && err == nil {
				call.Items[i].Document, err = sd.placed(item.Document, true)
			}
		}
	case api.ListLinks:
		if call.Query.Has("short") {
			call.Query = maps.Clone(call.Query)
			call.Query.Set("short", sd.short(adapters.ShortOf(call.Query)))
		}
	case api.UploadFile:
		if domain := call.Query.Get("domain"); sd.isMain(domain) || domain == "" && sd.move.Domain != "" {
			if call.Query = maps.Clone(call.Query); call.Query == nil {
				call.Query = url.Values{}
			}
			if call.Query.Set("domain", sd.move.Domain); sd.move.Domain == "" {
				call.Query.Del("domain")
			}
		}
	}
	return err
}

// isMain reports whether a domain is the source's main one.
func (sd *side) isMain(domain string) bool {
	return sd.source != nil && sd.source.Origin != "" && domain != "" && api.HostOf(domain) == api.HostOf(sd.source.Origin)
}

// isBrought reports whether a host is the one that links of the source's main
// domain got at the target.
func (sd *side) isBrought(host string) bool {
	if sd.move.Domain != "" {
		return api.HostOf(host) == api.HostOf(sd.move.Domain)
	}
	return sd.other != nil && sd.other.Origin != "" && api.HostOf(host) == api.HostOf(sd.other.Origin)
}

// placed writes the domain of a link's document. A new link without one gets
// that of the source's main domain, too.
func (sd *side) placed(document []byte, made bool) ([]byte, error) {
	domain := gjson.GetBytes(document, "domain")
	switch {
	case sd.isMain(domain.String()) && sd.move.Domain == "":
		return sjson.DeleteBytes(document, "domain")
	case sd.isMain(domain.String()), made && domain.String() == "" && sd.move.Domain != "":
		return sjson.SetBytes(document, "domain", sd.move.Domain)
	}
	return document, nil
}

// short returns the short URL at the side of one that clients know.
func (sd *side) short(short string) string {
	rest := short
	if _, after, ok := strings.Cut(short, "://"); ok {
		rest = after
	}
	host, alias, ok := strings.Cut(rest, "/")
	switch {
	case !sd.atTarget && ok && sd.source != nil && sd.isBrought(host):
		return sd.source.Origin + "/" + alias
	case !sd.atTarget:
		return short
	case !ok && sd.move.Domain != "":
		return "https://" + sd.move.Domain + "/" + rest
	case !ok || !sd.isMain(host):
		return short
	case sd.move.Domain == "":
		return alias
	}
	return "https://" + sd.move.Domain + "/" + alias
}
