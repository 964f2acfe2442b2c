package migrate

import (
	"context"
	"net/url"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// Stays reports whether objects of a kind are left where they are when links move
// away from a backend, and go on being answered by it: QR codes that are emulated
// for it are no site's, and their pictures stand on our domain already.
func Stays(source adapters.Backend, kind adapters.Kind) bool {
	return kind == adapters.KindQR && source.Capabilities()[api.CreateQRCode].Support == api.Emulated
}

// staying counts what stays and goes on working.
func (p *planner) staying(ctx context.Context) error {
	data, err := p.source.ask(ctx, api.ListQRCodes, api.Path{}, url.Values{"limit": {"1"}, "page": {"1"}})
	if err != nil {
		return err
	}
	if n := count(data.Get("data"), "result"); n > 0 {
		p.report.NotMoved = append(p.report.NotMoved, NotMoved{What: "QR code", Count: int(n), Works: true})
	}
	return nil
}
